import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cloneDatabase, type Database } from '../harness/world/database.js';
import { insertAgent, insertRow, refusalOf, toGrant } from './lifecycle-rows.js';

let database: Database;
let agent: string;

beforeAll(async () => {
  database = await cloneDatabase(process.env['WRIT_TEST_SERVER_URL'] ?? '');
  agent = await insertAgent(database.pool);
});
afterAll(() => database.drop());

const later = `clock_timestamp() + interval '1 hour'`;
const earlier = `clock_timestamp() - interval '1 hour'`;
/** What the change of the table's rows is refused with. */
const changed = (table: string, change: string): Promise<string | null> =>
  refusalOf(database.pool.query(`update "${table}" set ${change}`));

describe('what has ended, was used or is remembered', () => {
  it('an agent’s flags follow the rows of its suspensions, and one that was retired stays as it left', async () => {
    const uid = await insertAgent(database.pool);
    const of = (change: string): Promise<string | null> =>
      refusalOf(database.pool.query(`update "agents" set ${change} where "uid" = $1`, [uid]));
    expect(await of(`"suspended" = true`)).toBe('23514');
    expect(await of(`"not_before" = clock_timestamp()`)).toBe('23514');
    expect(await of(`"id" = 'another'`)).toBe('23514');
    const row = { agent_uid: uid, change: 'suspended', at: new Date(), actor_kind: 'person', actor_id: 'olga' };
    await insertRow(database.pool, 'agent_suspensions', row);
    expect(await of(`"suspended" = true, "not_before" = (select max("at") from "agent_suspensions")`)).toBeNull();
    expect(await of(`"suspended" = false`)).toBe('23514');
    expect(await of(`"not_before" = null`)).toBe('23514');
    expect(await of(`"owner" = 'bob'`)).toBeNull();
    expect(await of(`"retired_at" = clock_timestamp()`)).toBeNull();
    expect(await of(`"retired_at" = null`)).toBe('23514');
    for (const change of [`"at" = ${later}`, `"mac" = 'x'`, `"agent_uid" = "agent_uid"`])
      expect(await changed('agent_suspensions', change)).toBe('23514');
  });

  it('a session ends once and never lasts longer', async () => {
    await insertRow(database.pool, 'sessions', { token_hash: 'h', id: 's', person_id: 'bob', expires_at: new Date() });
    expect(await changed('sessions', `"expires_at" = ${later}`)).toBe('23514');
    expect(await changed('sessions', `"person_id" = 'carol'`)).toBe('23514');
    expect(await changed('sessions', `"ended_at" = clock_timestamp()`)).toBeNull();
    expect(await changed('sessions', `"ended_at" = null`)).toBe('23514');
    expect(await changed('sessions', `"ended_at" = ${later}`)).toBe('23514');
  });

  it.each([
    ['login_codes', { code_hash: 'h', person_id: 'bob' }, 'person_id'],
    ['slack_link_codes', { team: 'T', user: 'U', code_hash: 'h' }, 'user'],
    ['webauthn_challenges', { hash: 'h', purpose: 'enrol', person_id: 'bob' }, 'person_id'],
  ])('a row of %s is used once, and never longer of use', async (table, row, about) => {
    await insertRow(database.pool, table, { ...row, expires_at: new Date() });
    expect(await changed(table, `"expires_at" = ${later}`)).toBe('23514');
    expect(await changed(table, `"${about}" = 'another'`)).toBe('23514');
    expect(await changed(table, `"used_at" = clock_timestamp()`)).toBeNull();
    expect(await changed(table, `"used_at" = null`)).toBe('23514');
  });

  it('a Slack account links by a new code where the old one was used', async () => {
    const row = { team: 'T', user: 'U2', code_hash: 'h2', expires_at: new Date(), used_at: new Date() };
    await insertRow(database.pool, 'slack_link_codes', row);
    const renewed = `update "slack_link_codes" set "code_hash" = 'h3', "used_at" = null, "expires_at" = ${later} where "user" = 'U2'`;
    expect(await refusalOf(database.pool.query(renewed))).toBeNull();
  });

  it('a sign of life is never ahead of time, nor taken back', async () => {
    const grant = await toGrant(database.pool, agent, 'active');
    const heard = (at: Date): Promise<string | null> =>
      refusalOf(insertRow(database.pool, 'grant_heartbeats', { grant_id: grant, at }));
    expect(await heard(new Date(Date.now() + 60_000))).toBe('23514');
    expect(await heard(new Date(Date.now() - 1_000))).toBeNull();
    expect(await changed('grant_heartbeats', `"at" = ${later}`)).toBe('23514');
    expect(await changed('grant_heartbeats', `"at" = ${earlier}`)).toBe('23514');
    expect(await changed('grant_heartbeats', `"at" = clock_timestamp()`)).toBeNull();
  });

  it.each([
    ['revocations', 'until', { kind: 'grant', subject: 'g', not_before: new Date() }],
    ['assertion_uses', 'expires_at', { subject: 'support-bot', jti: 'j' }],
  ])('a row of %s goes when its time is over, never sooner', async (table, column, row) => {
    const inTime = new Date(Date.now() + 60_000);
    await insertRow(database.pool, table, { ...row, [column]: inTime });
    const gone = `delete from "${table}" where "${column}" > clock_timestamp()`;
    expect(await refusalOf(database.pool.query(gone))).toBe('23514');
    expect(await changed(table, `"${column}" = ${earlier}`)).toBe('23514');
    const past = { ...row, [column]: new Date(Date.now() - 3 * 3_600_000) };
    await insertRow(database.pool, table, table === 'assertion_uses' ? { ...past, jti: 'past' } : past);
    const { rowCount } = await database.pool.query(`delete from "${table}" where "${column}" < clock_timestamp()`);
    expect(rowCount).toBe(1);
  });
});
