import type { Card } from '../actors/person.js';
import type { World } from '../world/world.js';

interface OnRecord {
  readonly id: string;
  readonly channel: string;
  readonly ts: string;
  readonly escalation: string;
  readonly status: string;
  readonly risk: string;
  readonly digest: string;
  readonly cause: string | null;
  readonly grant: string | null;
  readonly behind: number;
  readonly voted: boolean;
}

// Written out once more, so that a wrong word in the product is not taken for the right one.
const HEADLINES: Readonly<Record<string, string>> = {
  pending: 'Access request',
  approved: 'Approved',
  denied: 'Denied',
  cancelled: 'Cancelled',
  lapsed: 'Lapsed: nobody decided in time',
};
const CANCELLED: Readonly<Record<string, string>> = {
  cancelled_by_agent: 'Cancelled by the agent',
  agent_suspended: 'Cancelled: the agent was suspended',
  task_killed: 'Cancelled: the task was ended',
  restored: 'Cancelled: the database was restored',
  parent_ended: 'Cancelled: the grant it came from ended',
};

/** A request `f` that asks the same as `e`, of the same people. */
const SAME = `f."status" = 'pending' and f."agent_uid" = e."agent_uid" and f."ask_hash" = e."ask_hash" and f."request" = e."request"
  and f."policy" -> 'gates' = e."policy" -> 'gates'`;

const ON_RECORD = `select c."id", c."channel", c."ts", e."id" as "escalation", e."status", e."risk", e."digest", g."status" as "grant",
    (select v."data" ->> 'cause' from "events" v where v."escalation_id" = e."id" and v."type" = 'escalation.cancelled') as "cause",
    case when exists (select 1 from "escalations" f where ${SAME} and f."ask_order" < e."ask_order") then 0
      else (select count(*)::int from "escalations" f where ${SAME} and f."ask_order" > e."ask_order") end as "behind",
    exists (select 1 from "votes" v where v."escalation_id" = e."id") as "voted"
  from "slack_cards" c join "escalations" e on e."id" = c."escalation_id" left join "grants" g on g."escalation_id" = e."id"
  where c."ts" is not null`;

/** Messages of Slack that do not show their row as it is: another headline, end or count, buttons too many or too few. */
export async function untrueCards(world: World, messages: readonly Card[]): Promise<string[]> {
  const { rows } = await world.database.pool.query<OnRecord>(ON_RECORD);
  const { rows: decided } = await world.database.pool.query<{ id: string }>(
    `select "id" from "escalations" where "status" <> 'pending'`,
  );
  const byPlace = new Map(messages.map((message) => [`${message.channel} ${message.ts}`, message]));
  const over = new Set(decided.map(({ id }) => id));
  const buttons = messages.filter((message) => JSON.stringify(message.blocks).includes('"actions"'));
  return [
    ...rows.flatMap((row) => {
      const message = byPlace.get(`${row.channel} ${row.ts}`);
      const wrong = message === undefined ? ['is not in Slack'] : wrongIn(message, row);
      return wrong.map((what) => `the card of ${row.escalation} (${row.status}) in ${row.channel} ${what}`);
    }),
    ...buttons.flatMap((message) =>
      [...new Set(JSON.stringify(message).match(/esc_\w+/g))]
        .filter((id) => over.has(id))
        .map((id) => `a message of ${id}, which is decided, has buttons`),
    ),
  ];
}

function wrongIn(message: Card, row: OnRecord): string[] {
  const said = JSON.stringify(message.blocks);
  const cancelled = row.status === 'cancelled' ? CANCELLED[row.cause ?? ''] : undefined;
  const headline = `${cancelled ?? HEADLINES[row.status]} · ${row.risk.toUpperCase()}`;
  const pending = row.status === 'pending';
  const live = row.grant === 'ready' || row.grant === 'active';
  const shown = (message.blocks[0]?.['text'] as { text?: unknown } | undefined)?.text;
  const behind = Number(/(\d+) identical requests? waits? behind/.exec(said)?.[1] ?? 0);
  const wrong: Record<string, boolean> = {
    [`says "${String(shown)}" and not "${headline}"`]: shown !== headline,
    'shows another digest': !said.includes(`digest ${row.digest.replace(/^sha256:/, '').slice(0, 12)}`),
    [`does not say that its grant is ${row.grant}`]: row.grant !== null && !said.includes(`Grant: ${row.grant}`),
    'cannot be decided': pending && !(said.includes('"actions"') && said.includes('"writ_deny"')),
    [`has ${live ? 'no' : 'a'} button to revoke`]: live !== said.includes('"writ_revoke"'),
    [`says that ${behind} wait behind it and not ${row.behind}`]: pending && behind !== row.behind,
    [`shows ${row.voted ? 'no votes' : 'votes'}`]: pending && row.voted !== said.includes('"*Votes so far*"'),
  };
  return Object.keys(wrong).filter((what) => wrong[what]);
}
