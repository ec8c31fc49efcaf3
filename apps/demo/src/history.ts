import type { SignedClient } from './signed-client.js';

/** One entry of a grant's history. `data` depends on the type. */
export interface HistoryEvent {
  readonly at: string;
  readonly type: string;
  readonly actor: { readonly kind: string; readonly id: string };
  readonly data: Readonly<Record<string, unknown>>;
}

/** The whole story of one grant, as an auditor sees it. */
export interface GrantHistory {
  readonly grant: { readonly status: string; readonly end_reason: string | null };
  readonly policy: { readonly version: string; readonly determining: readonly string[] };
  readonly votes: readonly { readonly person: string; readonly verdict: string; readonly via: string }[];
  readonly uses: readonly { readonly allowed: boolean; readonly code?: string }[];
  readonly events: readonly HistoryEvent[];
}

/** Reads the history of a grant. @param auditor a client with the role `auditor` */
export async function readHistory(auditor: SignedClient, grantId: string): Promise<GrantHistory> {
  const { status, body } = await auditor.json<GrantHistory>('GET', `/v1/grants/${grantId}`);
  if (status !== 200) throw new Error(`Writ answered ${status}: ${JSON.stringify(body)}`);
  return body;
}

/** The events as lines: when, what, who, and the facts worth a glance. Redrawn cards are left out. */
export function timeline(events: readonly HistoryEvent[]): string[] {
  return events
    .filter((event) => event.type !== 'card.updated')
    .map(({ at, type, actor, data }) => {
      const who = `${actor.kind} ${actor.id}`;
      return `${at.slice(11, 23)}  ${type.padEnd(20)}  ${who.padEnd(20)}  ${facts(data)}`.trimEnd();
    });
}

/** A history outlives this program: a fact that an event does not carry is left out. */
function facts(data: HistoryEvent['data']): string {
  const policy = data['policy'] as { determining?: readonly string[] } | undefined;
  const rules = policy?.determining?.map((rule) => `rule ${rule}`) ?? [];
  const words = ['via', 'verdict', 'why', 'channel', 'identifier', 'code', 'outcome', 'end_reason'].map(
    (key) => data[key],
  );
  return [...rules, ...words.filter((word) => typeof word === 'string')].join(' · ');
}
