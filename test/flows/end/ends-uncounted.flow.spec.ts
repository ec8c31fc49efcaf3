import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeProtectedHeader } from 'jose';
import { writ, type Session } from '../../../apps/cli/src/testing/terminal.js';
import { collectedRefund, setStage, type Stage } from '../../harness/world/stage.js';
import { BASE_POLICIES } from '../../harness/world/world.js';

/** A broker without a worker: nothing is swept. */
let stage: Stage;
beforeAll(async () => {
  stage = await setStage(undefined, { roles: 'api' });
});
afterAll(() => stage?.close());

/** Does it while somebody holds all grants, so that none can be counted. */
async function whileHeld<T>(work: () => Promise<T>): Promise<T> {
  const holder = await stage.world.database.pool.connect();
  try {
    await holder.query('begin');
    await holder.query('lock table "grants" in access exclusive mode');
    return await work();
  } finally {
    await holder.query('rollback');
    holder.release();
  }
}

function run(...argv: string[]): Promise<Session> {
  const { world } = stage;
  return writ(argv, {
    DATABASE_URL: world.database.url,
    WRIT_MASTER_KEY: world.masterKey,
    WRIT_CONFIG: world.configDir,
    WRIT_DATA_DIR: world.configDir,
  });
}
const held = () => collectedRefund(stage, { task: { id: 'run-1' } });
const active = async (jwt: string): Promise<unknown> =>
  (await stage.caller('payments-api').introspect(jwt)).body.active;

describe('while nothing can be counted', () => {
  it.each(['agent', 'task', 'approver', 'key'] as const)('the switch of the kind %s is thrown', async (kind) => {
    const { token } = await held();
    const kid = String(decodeProtectedHeader(token).kid);
    const id = { agent: 'support-bot', task: 'support-bot/run-1', approver: 'bob', key: kid }[kind];
    const { status, body } = await whileHeld(() =>
      stage.caller('ops-cli').post('/v1/kill', { kind, id, reason: 'Drill.' }),
    );
    expect([status, body]).toEqual([200, { kind, id, ended: null }]);
    expect(await active(token)).toBe(false);
    if (kind === 'agent') await stage.caller('ops-cli').post('/v1/agents/support-bot/resume', {});
  });

  it('the command throws its switch, and says that it could not count', async () => {
    const { token } = await held();
    const { exit, out } = await whileHeld(() => run('kill', 'task', 'support-bot/run-1', '--reason', 'Drill.'));
    expect([exit, out]).toEqual([0, 'support-bot/run-1 is over: how much ended could not be counted in time']);
    expect(await active(token)).toBe(false);
    const { body } = await stage.caller('auditor-tool').get('/v1/audit/events?type=kill.switched');
    expect(body.items[0].data).toMatchObject({ kind: 'task', ended: null });
  });

  it('a configuration is applied, and what it ended is said to be uncounted', async () => {
    stage.world.writeConfig(() => undefined, BASE_POLICIES.replace('@max_uses("5")', '@max_uses("4")'));
    const { exit, out, remarks } = await whileHeld(() => run('apply'));
    expect([exit, out]).toEqual([0, 'policy changed all.cedar']);
    expect(remarks).toMatch(/^What it ended could not be counted\.\nIn force: /m);
    expect((await run('apply', '--dry-run')).out).toBe('nothing to change');
  });
});
