import { LIMITS } from '#domain/limits.js';

/** Rows that one statement deletes: a backlog goes in pieces, so that nobody waits behind it. */
export const FORGOTTEN_AT_ONCE = 10_000;

const kept = `make_interval(secs => ${LIMITS.idempotencyKeptSeconds})`;

/** Rows that have outlived their purpose (`t` is the row). The history, which people may ask about later, stays. */
export const SPENT: readonly { readonly table: string; readonly spent: string }[] = [
  // A process whose clock is behind accepts an assertion for so much longer.
  { table: 'assertion_uses', spent: `t."expires_at" < clock_timestamp() - interval '2 hours'` },
  { table: 'slack_deliveries', spent: `t."at" < clock_timestamp() - interval '15 minutes'` },
  {
    table: 'outbox',
    spent: `(t."done_at" < clock_timestamp() - interval '1 day' or t."dispatched_at" < clock_timestamp() - interval '7 days')`,
  },
  { table: 'revocations', spent: `t."until" < clock_timestamp() - interval '1 day'` },
  { table: 'status_entries', spent: `t."until" < clock_timestamp() - interval '1 day'` },
  { table: 'rate_windows', spent: `t."window_start" < clock_timestamp() - interval '5 minutes'` },
  { table: 'call_windows', spent: `t."window_start" < clock_timestamp() - interval '5 minutes'` },
  { table: 'login_codes', spent: `t."expires_at" < clock_timestamp() - interval '1 day'` },
  { table: 'slack_link_codes', spent: `t."expires_at" < clock_timestamp() - interval '1 day'` },
  { table: 'webauthn_challenges', spent: `t."expires_at" < clock_timestamp() - interval '1 day'` },
  { table: 'mutes', spent: `t."until" < clock_timestamp() - interval '1 day'` },
  {
    table: 'poll_marks',
    spent: `exists (select 1 from "escalations" e where e."id" = t."escalation_id" and e."status" <> 'pending'
      and e."decided_at" < clock_timestamp() - interval '1 day')`,
  },
  // A replay is answered for as long as what it created lives, and a day more.
  {
    table: 'idempotency_keys',
    spent: `t."created_at" < clock_timestamp() - ${kept} and not exists
      (select 1 from "escalations" e left join "grants" g on g."escalation_id" = e."id" where e."id" = t."escalation_id"
       and (e."status" = 'pending' or g."status" in ('ready', 'active')
         or coalesce(g."ended_at", e."decided_at") > clock_timestamp() - ${kept}))`,
  },
];
