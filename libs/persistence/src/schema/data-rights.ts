import pg from 'pg';
import { QUEUE_SCHEMA } from './queue-pool.js';

/**
 * What the serving role may do with the rows of a table. Triggers refuse the same to a role that owns the tables.
 * - `added`: rows are only ever added;
 * - `sealed`: the same; a seal may be added once to what stands from before there were seals;
 * - `kept`: rows change as their triggers allow and never go;
 * - `remembered`: rows go once their time is over, which a trigger judges, and are not changed;
 * - `free`: a cache, a queue or a lease; who changes it delays or repeats work and decides nothing;
 * - `once`: rows are used once, which a trigger keeps; who deletes one voids it;
 * - `pending`: what a migration has left to do; done, it goes;
 * - `owners`: rules that only migrations write, and what is only read;
 * - `counted`: written by triggers and functions of the database alone, which run as the owner of the tables.
 */
export type TableClass =
  'added' | 'sealed' | 'kept' | 'remembered' | 'free' | 'once' | 'pending' | 'owners' | 'counted';

/** Every table has its class; a test compares this with the tables that there are. */
export const TABLES: Readonly<Record<string, TableClass>> = {
  _prisma_migrations: 'owners',
  escalation_transitions: 'owners',
  grant_transitions: 'owners',
  seals_pending: 'pending',
  // Written by the trigger of the view `audit_entries`, with its owner's rights.
  audit_entries_alone: 'owners',

  agent_counters: 'counted',
  agent_tallies: 'counted',
  stops_unwritten: 'counted',

  agent_suspensions: 'sealed',
  kill_switches: 'sealed',
  reviews: 'sealed',

  votes: 'added',
  events: 'added',
  token_uses: 'added',
  config_versions: 'added',
  escalation_marks: 'added',
  comments: 'added',
  broken_seals: 'added',
  history_faults: 'kept',
  details_opened: 'added',
  grant_approvers: 'added',
  status_lists: 'added',

  agents: 'kept',
  escalations: 'kept',
  grants: 'kept',
  grant_heartbeats: 'kept',
  tokens: 'kept',
  signing_keys: 'kept',
  sessions: 'kept',
  passkeys: 'kept',
  slack_bindings: 'kept',
  slack_cards: 'kept',
  restore_epochs: 'kept',
  break_glass_uses: 'kept',
  dead_letters: 'kept',

  revocations: 'remembered',
  status_entries: 'remembered',
  assertion_uses: 'remembered',
  idempotency_keys: 'remembered',

  login_codes: 'once',
  slack_link_codes: 'once',
  webauthn_challenges: 'once',

  // Nobody reads them: who there is stands in the applied configuration.
  people: 'free',
  group_members: 'free',
  // Sealed: a mark of another hand counts for nothing, and the watch begins anew.
  history_marks: 'free',
  outbox: 'free',
  rate_windows: 'free',
  call_windows: 'free',
  // A mark of another hand lets nobody in: it is under a key that the database does not have.
  verified_secrets: 'free',
  poll_marks: 'free',
  mutes: 'free',
  notices: 'free',
  break_glass_notices: 'free',
  slack_channels: 'free',
  // A delivery that failed is let in again; a replayed click settles nothing anew.
  slack_deliveries: 'free',
  slack_thread_lines: 'free',
  escalation_traces: 'free',
};

/** What a process of the version before takes for a table, and what batches read by. */
const VIEWS: Readonly<Record<string, TableClass>> = {
  audit_entries: 'added',
  grant_rows: 'owners',
  token_rows: 'owners',
  open_asks: 'owners',
};

const RIGHTS: Readonly<Record<TableClass, string>> = {
  added: 'select, insert',
  sealed: 'select, insert, update ("mac")',
  kept: 'select, insert, update',
  remembered: 'select, insert, delete',
  free: 'select, insert, update, delete',
  once: 'select, insert, update, delete',
  pending: 'select, delete',
  owners: 'select',
  counted: 'select',
};

/** The verbs that the serving role needs on each table, by the table's class. */
export function rightsWanted(): Readonly<Record<string, readonly string[]>> {
  const verbsOf = (what: TableClass): string[] => RIGHTS[what].split(', ').map((right) => right.replace(/ \(.*/, ''));
  return Object.fromEntries(Object.entries(TABLES).map(([table, what]) => [table, verbsOf(what)]));
}

/**
 * Gives the broker's own role what it needs on tables that another role owns: data, no schema, and no more than each
 * table's class says. Does nothing when both strings name the same role.
 */
export async function grantDataRights(ownerUrl: string, brokerUrl: string): Promise<void> {
  const role = decodeURIComponent(new URL(brokerUrl).username);
  if (role === '' || role === decodeURIComponent(new URL(ownerUrl).username)) return;
  const client = new pg.Client({ connectionString: ownerUrl, connectionTimeoutMillis: 10_000 });
  await client.connect();
  try {
    const to = client.escapeIdentifier(role);
    // At once for those who serve meanwhile, and one process at a time.
    await client.query('begin');
    await client.query(`select pg_advisory_xact_lock(hashtextextended('writ:rights', 0))`);
    await client.query(`grant usage on schema public to ${to}`);
    // What an earlier version gave and this one does not goes too.
    await client.query(`revoke all on all tables in schema public from ${to}`);
    for (const [table, what] of Object.entries({ ...TABLES, ...VIEWS }))
      await client.query(`grant ${RIGHTS[what]} on "${table}" to ${to}`);
    await client.query('commit');
    await client.query(`grant usage on all sequences in schema public to ${to}`);
    const { rows } = await client.query<{ name: string }>('select quote_ident(current_database()) as "name"');
    // BullMQ adds jobs by way of a temporary table.
    await client.query(`grant connect, temporary on database ${rows[0]?.name} to ${to}`);
    const { rowCount } = await client.query('select 1 from pg_namespace where nspname = $1', [QUEUE_SCHEMA]);
    if (rowCount === 0) return;
    await client.query(`grant usage on schema "${QUEUE_SCHEMA}" to ${to}`);
    await client.query(`grant all on all tables in schema "${QUEUE_SCHEMA}" to ${to}`);
    await client.query(`grant all on all sequences in schema "${QUEUE_SCHEMA}" to ${to}`);
    await client.query(`grant execute on all functions in schema "${QUEUE_SCHEMA}" to ${to}`);
    // And on what this owner makes there later, such as the sequence of a queue that is new.
    for (const kind of ['tables', 'sequences', 'functions'])
      await client.query(`alter default privileges in schema "${QUEUE_SCHEMA}" grant all on ${kind} to ${to}`);
  } finally {
    await client.end();
  }
}
