import pg from 'pg';
import { QUEUE_SCHEMA } from './queue-pool.js';

/** Rows that are only ever added. The triggers refuse the rest too; without the right nobody gets as far as a trigger. */
const APPEND_ONLY = [
  'votes',
  'events',
  'audit_entries',
  'token_uses',
  'config_versions',
  'escalation_marks',
  'comments',
];
/** Rows that change but never go. */
const KEPT = [
  'escalations',
  'grants',
  'grant_heartbeats',
  'tokens',
  'agents',
  'people',
  'signing_keys',
  'slack_cards',
  'dead_letters',
  'restore_epochs',
  'sessions',
  'slack_bindings',
  'passkeys',
  'break_glass_uses',
  'kill_switches',
];

/**
 * Gives the broker's own role what it needs on tables that another role owns: data, no schema, and on the history only
 * reading and adding. Does nothing when both strings name the same role.
 */
export async function grantDataRights(ownerUrl: string, brokerUrl: string): Promise<void> {
  const role = decodeURIComponent(new URL(brokerUrl).username);
  if (role === '' || role === decodeURIComponent(new URL(ownerUrl).username)) return;
  const client = new pg.Client({ connectionString: ownerUrl, connectionTimeoutMillis: 10_000 });
  await client.connect();
  try {
    const to = client.escapeIdentifier(role);
    const list = (tables: readonly string[]): string => tables.map((table) => `"${table}"`).join(', ');
    await client.query(`grant usage on schema public to ${to}`);
    await client.query(`grant select, insert, update, delete on all tables in schema public to ${to}`);
    await client.query(`revoke update, delete, truncate on ${list(APPEND_ONLY)} from ${to}`);
    await client.query(`revoke delete, truncate on ${list(KEPT)} from ${to}`);
    await client.query(
      `revoke insert, update, delete on "escalation_transitions", "grant_transitions", "_prisma_migrations" from ${to}`,
    );
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
