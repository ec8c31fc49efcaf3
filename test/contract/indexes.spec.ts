import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cloneDatabase, type Database } from '../harness/world/database.js';

/**
 * Who reads each index that is no primary key: a statement, or a constraint that it is. Every row that is written pays for
 * every index of its table, so one without a line here, or a line without an index, fails.
 */
const READERS: Readonly<Record<string, string>> = {
  agent_suspensions_agent: 'what has ended the rows of an agent (sql/ends.ts)',
  agent_tallies_at: 'forgetting (recover/postgres-counter-upkeep.ts)',
  agents_id: 'rows that an id has had, retired ones too (watch/grant-pages.ts)',
  agents_living_id: 'one living agent has an id; every request finds its agent',
  assertion_uses_expiry: 'forgetting (end/retention.ts)',
  break_glass_uses_newest: 'pages of uses (ask/postgres-break-glass.ts)',
  break_glass_uses_owed: 'an agent owes one review',
  call_windows_start: 'forgetting (end/retention.ts)',
  comments_escalation: 'comments of a request in order (people/postgres-comments.ts)',
  comments_slack_message: 'a message in Slack is one comment',
  dead_letters_unresolved: 'a job is dead once',
  escalations_agent: 'what an agent asked last (watch/postgres-agent-record.ts)',
  escalations_deferral_hash: 'a code is of one request; collecting finds it',
  escalations_denied: 'denials of an agent, for policy and back-off',
  escalations_handed_on: 'requests that the end of a grant above ends (sql/state-now.ts)',
  escalations_newest:
    'requests since (watch/postgres-insights.ts, configure/postgres-policy-sets.ts), the newest (postgres-weighing.ts)',
  escalations_overdue: 'the sweeper and the inbox by deadline',
  escalations_pace: 'how long people take under a rule (watch/postgres-typical-times.ts)',
  escalations_pending_agent: 'what of an agent waits (ask/postgres-asks.ts)',
  escalations_pending_owner: 'what waits for an owner (ask/postgres-asks.ts)',
  escalations_same_ask: 'identical requests of an agent (sql/asks.ts)',
  escalations_same_authority: 'how the same authority was decided before (watch/postgres-before.ts)',
  escalations_task: 'requests of a task that a switch ends (sql/kills.ts)',
  events_escalation: 'the story of a request',
  events_grant: 'the story of a grant',
  grants_agent_kind: 'lists of an agent by resource or action (watch/grant-walks.ts)',
  grants_agent_status:
    'lists of an agent, and by status; what of it is open; what it was granted in a time (sql/grants.ts)',
  grants_handed_on: 'open grants under others (sql/state-now.ts)',
  grants_heard: 'grants that must be heard of (end/postgres-overdue-source.ts)',
  grants_kind: 'lists by resource or action, and by status with them (watch/grant-walks.ts)',
  grants_live: 'live grants by risk (watch/postgres-live-authority.ts)',
  grants_open_created: 'open grants from before a suspension (agent_facts)',
  grants_open_deadline: 'open grants that are over and not yet written so (agent_facts)',
  grants_open_judged: 'open grants that are judged one by one (agent_facts)',
  grants_one_per_escalation: 'a request has one grant; found by its request',
  grants_overdue: 'the sweeper, and lists of what is over (sql/over-grants.ts)',
  grants_status: 'all grants newest first, and by status (watch/grant-walks.ts)',
  grants_under: 'grants under one that ends (end/postgres-endings.ts)',
  group_members_member: 'nobody; goes with its table',
  kill_switches_newest: 'switches of late (sql/kills.ts)',
  kill_switches_subject: 'what has ended a grant or request (sql/ends.ts)',
  notices_escalation: 'the row that it refers to, and notices of a request',
  notices_once: 'a notice goes once to each place',
  outbox_undone: 'jobs that were handed over and not done',
  outbox_waiting: 'what the relay hands over next',
  passkeys_person: 'passkeys of a person (people/postgres-passkeys.ts)',
  restore_epochs_ending: 'restores that ended grants (sql/restores.ts)',
  restore_epochs_open: 'one restore waits for its review',
  reviews_subject: 'reviews of a use or a restore (sql/ends.ts)',
  revocations_order: 'the feed in the order of its commits (watch/postgres-revocation-log.ts)',
  revocations_until: 'forgetting (end/retention.ts)',
  sessions_id: 'a session has one id for people',
  sessions_person: 'sessions of a person (people/postgres-session-store.ts)',
  slack_bindings_account: 'an account is of one person',
  slack_bindings_person: 'accounts of a person (people/postgres-slack-links.ts)',
  slack_cards_channel: 'a request has one card in a channel',
  slack_cards_message: 'the card that was clicked (slack/postgres-card-store.ts)',
  slack_cards_posted: 'when a channel had its last card (slack/card-turns.ts)',
  slack_cards_waiting: 'cards that wait for their turn (slack/card-turns.ts)',
  slack_deliveries_at: 'forgetting (end/retention.ts)',
  slack_link_codes_hash: 'a code links one account',
  status_entries_living: 'places of a list that somebody may still ask for (watch/postgres-status-lists.ts)',
  status_entries_token: 'a token has one place',
  tokens_grant: 'tokens of a grant (collect/postgres-tokens.ts)',
  tokens_key: 'when the last token of a key runs out (keys/postgres-signing-key-rows.ts)',
  tokens_live_key: 'tokens that a compromised key ends (end/postgres-overdue-source.ts)',
  tokens_one_live: 'a grant has one live token',
  tokens_renewed_once: 'a token is renewed once',
  votes_once: 'a person votes once; votes of a request',
  votes_person: 'votes of a person (watch/postgres-inbox.ts)',
  webauthn_challenges_expiry: 'forgetting (end/retention.ts)',
};

let database: Database;
beforeAll(async () => {
  database = await cloneDatabase(process.env['WRIT_TEST_SERVER_URL'] ?? '');
});
afterAll(() => database.drop());

describe('an index', () => {
  it('has a reader that is named, and whoever is named has an index', async () => {
    const { rows } = await database.pool.query<{ name: string }>(
      `select c."relname"::text as "name" from pg_index i join pg_class c on c."oid" = i."indexrelid"
       where c."relnamespace" = 'public'::regnamespace and not i."indisprimary" and not c."relispartition"
         and not exists (select 1 from pg_class t where t."oid" = i."indrelid" and t."relispartition")`,
    );
    expect(rows.map(({ name }) => name).sort()).toEqual(Object.keys(READERS).sort());
  });

  it('is not the start of another of the same table', async () => {
    const { rows } = await database.pool.query<{ name: string; within: string }>(
      `select i."indexrelid"::regclass::text as "name", o."indexrelid"::regclass::text as "within"
       from pg_index i join pg_index o on o."indrelid" = i."indrelid" and o."indexrelid" <> i."indexrelid" and not i."indisunique"
         and i."indexprs" is null and o."indexprs" is null and i."indpred" is not distinct from o."indpred"
         and i."indkey"::text || ' ' = left(o."indkey"::text || ' ', length(i."indkey"::text) + 1)
       join pg_class c on c."oid" = i."indexrelid" and c."relnamespace" = 'public'::regnamespace and not c."relispartition"`,
    );
    expect(rows).toEqual([]);
  });
});
