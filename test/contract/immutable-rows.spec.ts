import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { cloneDatabase, type Database } from '../harness/world/database.js';
import {
  grantIn,
  insertAgent,
  insertRow,
  insertToken,
  insertVote,
  refusalOf,
  toEscalation,
  toGrant,
} from './lifecycle-rows.js';

let database: Database;
let agent: string;

beforeAll(async () => {
  const server = process.env['WRIT_TEST_SERVER_URL'];
  if (server === undefined) throw new Error('the run has no PostgreSQL: start Jest with npm test');
  database = await cloneDatabase(server);
});
afterAll(() => database.drop());
beforeEach(async () => {
  agent = await insertAgent(database.pool);
});

describe('what was asked and granted never changes', () => {
  it.each([
    ['agent_id', `'rival-bot'`],
    ['owner_id', `'mallory'`],
    ['resource', `'https://other.example'`],
    ['digest', `'sha256:other'`],
    ['request', `'{"max_uses": null}'::jsonb`],
    ['task_id', `'other'`],
    ['risk', `'low'`],
    ['policy', `'{"outcome": "allow"}'::jsonb`],
    ['policy_version', `'other'`],
    ['policy_mac', `'other'`],
    ['deferral_hash', `'\\x00'::bytea`],
    ['created_at', `"created_at" - interval '1 second'`],
    ['deadline', `"deadline" + interval '1 second'`],
    ['id', `'esc_other'`],
    ['parents', `array['grt_other']`],
  ])('%s of a pending escalation', async (column, value) => {
    const id = await toEscalation(database.pool, agent, 'pending');
    expect(
      await refusalOf(
        database.pool.query(
          `update "escalations" set "${column}" = ${value}, "last_change" = 'voted' where "id" = $1`,
          [id],
        ),
      ),
    ).toBe('23514');
  });

  it.each([
    ['escalation_id', `'esc_other'`],
    ['agent_id', `'rival-bot'`],
    ['resource', `'https://other.example'`],
    ['actions', `array['ledger.drop']`],
    ['digest', `'sha256:other'`],
    ['granted', `'{"ttl": 3600}'::jsonb`],
    ['grant_digest', `'sha256:other'`],
    ['max_uses', `1000`],
    ['mac', `'other'`],
    ['created_at', `"created_at" + interval '1 second'`],
    ['ready_until', `"ready_until" + interval '1 second'`],
    ['heartbeat_seconds', `3600`],
    ['risk_order', `("risk_order" + 1) % 3`],
    ['parents', `array['grt_other']`],
    ['expires_at', `"expires_at" + interval '1 second'`],
    ['expires_at', `null`],
  ])('%s of an active grant (%s)', async (column, value) => {
    const id = await toGrant(database.pool, agent, 'active');
    expect(
      await refusalOf(
        database.pool.query(
          `update "grants" set "${column}" = ${value}, "uses" = "uses" + 1, "last_change" = 'used' where "id" = $1`,
          [id],
        ),
      ),
    ).toBe('23514');
  });

  it('the instants at which an active grant began and ends by itself', async () => {
    const id = await toGrant(database.pool, agent, 'active');
    expect(
      await refusalOf(
        database.pool.query(
          `update "grants" set "activated_at" = clock_timestamp(), "uses" = "uses" + 1, "last_change" = 'used' where "id" = $1`,
          [id],
        ),
      ),
    ).toBe('23514');
    expect(
      await refusalOf(
        database.pool.query(
          `update "grants" set "deadline" = "deadline" + interval '1 hour', "uses" = "uses" + 1, "last_change" = 'used' where "id" = $1`,
          [id],
        ),
      ),
    ).toBe('23514');
  });

  it.each([
    ['claims', `'{"scope": "ledger.drop"}'::jsonb`],
    ['expires_at', `"expires_at" + interval '1 hour'`],
    ['grant_id', `'grt_other'`],
    ['kid', `'other'`],
    ['minted_at', `clock_timestamp()`],
    ['redeem_key', `'other'`],
    ['ended_at', `null`],
  ])('%s of a token, living or ended', async (column, value) => {
    const jti = await insertToken(database.pool, await toGrant(database.pool, agent, 'active'));
    const change = (): Promise<string | null> =>
      refusalOf(database.pool.query(`update "tokens" set "${column}" = ${value} where "jti" = $1`, [jti]));
    expect(await change()).toBe('23514');
    await database.pool.query(`update "tokens" set "ended_at" = clock_timestamp() where "jti" = $1`, [jti]);
    expect(await change()).toBe('23514');
  });

  it('and uses are counted one by one up to what was granted, never back', async () => {
    const id = await toGrant(database.pool, agent, 'active');
    const use = (expression: string): Promise<string | null> =>
      refusalOf(
        database.pool.query(`update "grants" set "uses" = ${expression}, "last_change" = 'used' where "id" = $1`, [id]),
      );
    expect(await use('"uses" + 1')).toBeNull();
    expect(await use('"uses" + 2')).toBe('23514');
    expect(await use('"uses"')).toBe('23514');
    expect(await use('"uses" - 1')).toBe('23514');
    expect(await use('"uses" + 1')).toBeNull();
    expect(await use('"uses" + 1')).toBeNull();
    expect(await use('"uses" + 1')).toBe('23514');
  });
});

describe('what a row is about stays, and what came to pass is not undone', () => {
  const later = `clock_timestamp() + interval '1 hour'`;
  const earlier = `clock_timestamp() - interval '1 hour'`;
  /** What the change of the table's one row is refused with. */
  const changed = async (table: string, change: string): Promise<string | null> =>
    refusalOf(database.pool.query(`update "${table}" set ${change}`));

  it('a kill switch is never moved: another is thrown', async () => {
    const row = { kind: 'approver', subject: 'bob', not_before: new Date() };
    await insertRow(database.pool, 'kill_switches', row);
    expect(await changed('kill_switches', `"subject" = 'carol'`)).toBe('23514');
    expect(await changed('kill_switches', `"not_before" = ${earlier}`)).toBe('23514');
    expect(await changed('kill_switches', `"not_before" = ${later}`)).toBe('23514');
    expect(await refusalOf(database.pool.query(`delete from "kill_switches"`))).toBe('23514');
    expect(await refusalOf(insertRow(database.pool, 'kill_switches', row))).toBeNull();
  });

  it('a passkey counts on and is removed once', async () => {
    const key = { id: 'k1', person_id: 'bob', name: 'Key', public_key: Buffer.from([1]), counter: 0, transports: [] };
    await insertRow(database.pool, 'passkeys', key);
    expect(await changed('passkeys', `"person_id" = 'carol'`)).toBe('23514');
    expect(await changed('passkeys', `"public_key" = '\\x02'::bytea`)).toBe('23514');
    expect(await changed('passkeys', `"counter" = 1, "last_used_at" = clock_timestamp()`)).toBeNull();
    expect(await changed('passkeys', `"removed_at" = clock_timestamp()`)).toBeNull();
    expect(await changed('passkeys', `"removed_at" = null`)).toBe('23514');
  });

  it('a restore is moved on until it is reviewed, once', async () => {
    const review = `"reviewed_at" = clock_timestamp(), "reviewed_by" = 'olga', "verdict" = 'keep'`;
    await insertRow(database.pool, 'restore_epochs', {
      declared_at: new Date(),
      declared_by: 'olga',
      cause: 'declared',
    });
    expect(await changed('restore_epochs', `"declared_at" = ${earlier}`)).toBe('23514');
    expect(await changed('restore_epochs', `"cause" = 'detected'`)).toBe('23514');
    expect(await changed('restore_epochs', `"declared_at" = ${later}`)).toBeNull();
    expect(await changed('restore_epochs', review)).toBeNull();
    expect(await changed('restore_epochs', `"verdict" = 'end'`)).toBe('23514');
  });

  it('a token never took the place of another than it did', async () => {
    const grant = await toGrant(database.pool, agent, 'active');
    const jti = await insertToken(database.pool, grant);
    const query = `update "tokens" set "renewed_from" = "jti", "ended_at" = clock_timestamp() where "jti" = $1`;
    expect(await refusalOf(database.pool.query(query, [jti]))).toBe('23514');
  });
});

describe('history is only ever added to', () => {
  beforeEach(async () => {
    const grant = await toGrant(database.pool, agent, 'active');
    const jti = await insertToken(database.pool, grant);
    const escalation = await toEscalation(database.pool, agent, 'pending');
    await insertVote(database.pool, escalation, 'bob');
    await insertRow(database.pool, 'escalation_marks', { escalation_id: escalation, mark: 'half' });
    await insertRow(database.pool, 'token_uses', {
      jti,
      grant_id: grant,
      verifier: 'payments-api',
      call_id: jti,
      call_hash: 'h',
      action: 'a',
      answer: '{}',
    });
    await insertRow(database.pool, 'events', {
      id: `evt_${jti}`,
      type: 't',
      actor_kind: 'system',
      actor_id: 'writ',
      data: '{}',
    });
    await insertRow(database.pool, 'audit_entries', {
      event_id: `evt_alone_${jti}`,
      type: 't',
      leaf: '{}',
      leaf_hash: Buffer.from('00', 'hex'),
      mac: 'x',
    });
    await insertRow(database.pool, 'config_versions', {
      sha256: 's',
      catalog: '{}',
      policies: '[]',
      policy_version: 'v',
      applied_by: 'writ',
    });
  });

  const APPEND_ONLY = [
    'votes',
    'events',
    'audit_entries_alone',
    'token_uses',
    'config_versions',
    'escalation_marks',
  ] as const;
  const COLUMN: Readonly<Record<(typeof APPEND_ONLY)[number], string>> = {
    votes: 'reason',
    events: 'data',
    audit_entries_alone: 'leaf',
    token_uses: 'answer',
    config_versions: 'catalog',
    escalation_marks: 'at',
  };

  it.each(APPEND_ONLY)('%s: UPDATE, DELETE and TRUNCATE are refused', async (table) => {
    expect(await refusalOf(database.pool.query(`update "${table}" set "${COLUMN[table]}" = "${COLUMN[table]}"`))).toBe(
      '23514',
    );
    expect(await refusalOf(database.pool.query(`delete from "${table}"`))).toBe('23514');
    expect(await refusalOf(database.pool.query(`truncate "${table}"`))).toBe('23514');
    expect(await refusalOf(database.pool.query(`truncate "${table}" cascade`))).toBe('23514');
  });

  it.each(['escalations', 'grants', 'tokens'])('%s: DELETE and TRUNCATE are refused', async (table) => {
    expect(await refusalOf(database.pool.query(`delete from "${table}"`))).toBe('23514');
    expect(await refusalOf(database.pool.query(`truncate "${table}" cascade`))).toBe('23514');
  });
});

describe('there is at most one', () => {
  it('live token of a grant; one that ended makes room', async () => {
    const grant = await toGrant(database.pool, agent, 'active');
    const jti = await insertToken(database.pool, grant);
    expect(await refusalOf(insertToken(database.pool, grant))).toBe('23505');
    await database.pool.query(`update "tokens" set "ended_at" = clock_timestamp() where "jti" = $1`, [jti]);
    expect(await refusalOf(insertToken(database.pool, grant))).toBeNull();
  });

  it('vote of a person on an escalation', async () => {
    const escalation = await toEscalation(database.pool, agent, 'pending');
    await insertVote(database.pool, escalation, 'bob');
    expect(await refusalOf(insertVote(database.pool, escalation, 'bob'))).toBe('23505');
    expect(await refusalOf(insertVote(database.pool, escalation, 'carol'))).toBeNull();
  });

  it('grant of an escalation', async () => {
    const escalation = await toEscalation(database.pool, agent, 'approved');
    await insertRow(database.pool, 'grants', grantIn(agent, escalation, 'ready'));
    expect(await refusalOf(insertRow(database.pool, 'grants', grantIn(agent, escalation, 'ready')))).toBe('23505');
  });

  it('use of a token for one call of a verifier', async () => {
    const grant = await toGrant(database.pool, agent, 'active');
    const jti = await insertToken(database.pool, grant);
    const call = { verifier: 'payments-api', call_id: 'c1', call_hash: 'h', action: 'a', answer: '{}' };
    const use = { jti, grant_id: grant, ...call };
    await insertRow(database.pool, 'token_uses', use);
    expect(await refusalOf(insertRow(database.pool, 'token_uses', use))).toBe('23505');
    // One of another hand has another seal or none, and keeps no true one from being written beside it.
    const sealed = { ...use, mac: 'x' };
    await insertRow(database.pool, 'token_uses', sealed);
    expect(await refusalOf(insertRow(database.pool, 'token_uses', sealed))).toBe('23505');
  });

  it('living agent of an id', async () => {
    const { rows } = await database.pool.query<{ id: string }>(`select "id" from "agents" where "uid" = $1`, [agent]);
    expect(await refusalOf(insertRow(database.pool, 'agents', { id: rows[0]?.id, owner: 'alice' }))).toBe('23505');
  });
});
