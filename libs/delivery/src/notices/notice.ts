import { type Catalog, type NoticeTarget, resourceIn } from '#domain/catalog.js';
import { ratedCalls, type RatedCall } from '#domain/words/call-lines.js';
import { instant } from '#domain/instant.js';
import type { Risk } from '#domain/policy-decision.js';
import type { EventRow } from '#escalations/watch/history.js';
import type { Registry } from '#escalations/ports.js';
import type { EscalationRow } from '#escalations/rows/escalation.js';
import { noticeKind, overrules, type NoticeKind } from '#escalations/tell/what-follows.js';

/** The configuration in force: what is where, and how it is said. */
export type NoticeRegistry = Pick<Registry, 'catalog' | 'words'>;

/**
 * One event for one place: who asks for what, and where to decide. It holds names of the catalog and of the broker, and
 * the calls: identifiers and arguments, which the agent chose but which the schema of the action has bounded and typed.
 * Free text of the agent (its task, its reasons, its evidence) is in no notice: it is read where it can be shown as such.
 */
export interface Notice {
  /** The event's id: the same however often it is sent. */
  readonly id: string;
  readonly kind: NoticeKind;
  readonly eventType: string;
  /** RFC 3339. */
  readonly at: string;
  /** The group whose place this is. */
  readonly group: string;
  readonly escalation: string;
  /** The escalation's page. */
  readonly url: string;
  readonly agent: { readonly id: string; readonly name: string };
  readonly resource: { readonly id: string; readonly name: string };
  readonly actions: readonly string[];
  /** In the request's order. */
  readonly calls: readonly RatedCall[];
  readonly risk: Risk;
  /** When the request lapses. RFC 3339. */
  readonly expiresAt: string;
}

/** A place that a group names, or the Slack account of one of its people. */
export type NoticePlace =
  NoticeTarget | { readonly kind: 'slack'; readonly person: string; readonly team: string; readonly user: string };

/** A notice and where it goes. */
export interface AddressedNotice {
  readonly notice: Notice;
  readonly target: NoticePlace;
}

/** What is true of the request beside its events. */
export interface NotifiedRequest {
  readonly escalation: EscalationRow;
  /** People are still asked: a notice to decide would not come in vain. */
  readonly asksPeople: boolean;
  /** People who need no reminder: they have voted, or do not want to hear of it. */
  readonly quiet: ReadonlySet<string>;
  /** The database clock. */
  readonly now: number;
}

/**
 * Everything that these events say to places outside Slack, each place once for each event.
 * @param issuer the broker's own origin, which links begin with
 */
export function noticesOf(
  { escalation, asksPeople }: Pick<NotifiedRequest, 'escalation' | 'asksPeople'>,
  events: readonly EventRow[],
  registry: NoticeRegistry,
  issuer: string,
): AddressedNotice[] {
  const { catalog } = registry;
  return events.flatMap((event) => {
    const kind = kindOf(event, escalation);
    if (kind === null || (asksForDecision(kind) && !asksPeople)) return [];
    const seen = new Set<string>();
    return groupsToNotify(kind, event, escalation, catalog).flatMap((group) =>
      (catalog.groups.find(({ id }) => id === group)?.notify ?? []).flatMap((target): AddressedNotice[] => {
        if (seen.has(placeOf(target))) return [];
        seen.add(placeOf(target));
        return [{ target, notice: noticeOf(kind, event, { escalation, group, registry, issuer }) }];
      }),
    );
  });
}

/** The mailbox, URL or account, which with the channel names a place. */
export function placeOf(target: NoticePlace): string {
  if (target.kind === 'slack') return `${target.team}/${target.user}`;
  return target.kind === 'email' ? target.address : target.url;
}

/** What the event is to places outside Slack’s channels; `null` when it is nothing. */
export function kindOf({ type, data }: EventRow, { policy, denial }: EscalationRow): NoticeKind | null {
  const byPeople = policy.outcome === 'require_approval' && denial?.by !== 'policy';
  const kind = noticeKind(type);
  switch (kind) {
    case 'asked':
    case 'approved':
      return byPeople ? kind : null;
    case 'denied':
      return byPeople || overrules(data) ? kind : null;
    case 'reminder':
      return data['step'] === 'late' ? kind : null;
    default:
      return kind;
  }
}

function asksForDecision(kind: NoticeKind): boolean {
  return kind === 'asked' || kind === 'reminder' || kind === 'deputy_asked';
}

function groupsToNotify(kind: NoticeKind, { data }: EventRow, row: EscalationRow, catalog: Catalog): string[] {
  const asked = row.policy.gates.map((gate) => gate.group);
  const owners = resourceIn(catalog, row.resource)?.owners ?? null;
  if (kind === 'reminder') return texts([data['group']]);
  if (kind === 'deputy_asked') return texts([data['deputy']]);
  if (kind === 'asked') return asked;
  if (kind === 'revoked') return [...asked, ...texts([owners])];
  if (kind === 'break_glass_used')
    return [...asked, ...texts([owners]), ...texts(Array.isArray(data['skipped']) ? data['skipped'] : [])];
  return asked;
}

function texts(values: readonly unknown[]): string[] {
  return values.filter((value) => typeof value === 'string');
}

/** What a notice is made of beside its event. */
export interface Surroundings {
  readonly escalation: EscalationRow;
  readonly group: string;
  readonly registry: NoticeRegistry;
  readonly issuer: string;
}

/** One event as the notice for one group. */
export function noticeOf(
  kind: NoticeKind,
  event: EventRow,
  { escalation, group, registry: { catalog, words }, issuer }: Surroundings,
): Notice {
  const { agentId, resource, request, risk } = escalation;
  const known = resourceIn(catalog, resource);
  return {
    id: event.id,
    kind,
    eventType: event.type,
    at: instant(event.at),
    group,
    escalation: escalation.id,
    url: `${issuer}/escalations/${escalation.id}`,
    agent: { id: agentId, name: words.agent(agentId) },
    resource: { id: resource, name: words.resource(resource) },
    actions: [...new Set(request.authorization_details.flatMap((element) => element.actions))].sort(),
    calls: ratedCalls(words.calls(resource, request.authorization_details), known, risk),
    risk,
    expiresAt: instant(escalation.deadline),
  };
}
