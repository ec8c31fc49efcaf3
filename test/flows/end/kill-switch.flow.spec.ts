import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { writ } from '../../../apps/cli/src/testing/terminal.js';
import { refundAsk } from '../../harness/actors/agent.js';
import { expectProblem } from '../../harness/judges/problem.js';
import { approvedRefund, collectedRefund, created, setStage, storyOf, type Stage } from '../../harness/world/stage.js';
import { placeOf, statusBitOf } from '../../harness/judges/status-list.js';
import { throwSwitch } from '../../harness/brokers/kill.js';
import { until } from '../../harness/judges/until.js';
import type { Config } from '../../harness/world/world.js';

/** A broker without a worker: nothing is swept, so whatever ends here ends on read. */
let stage: Stage;

beforeAll(async () => {
  stage = await setStage(
    (config: Config) => {
      config.limits = { pending_per_agent: 1_000, creates_per_minute: 10_000 };
    },
    { roles: 'api' },
  );
});
afterAll(() => stage.close());

const kill = (kind: string, id: string, caller = 'ops-cli') =>
  stage.caller(caller).post('/v1/kill', { kind, id, reason: 'Drill.' });
const active = async (jwt: string): Promise<boolean> =>
  (await stage.caller('payments-api').introspect(jwt)).body.active as boolean;
const inTask = (id: string) => ({ task: { id } });
const feed = async (): Promise<{ kind: string; jti?: string; subject?: string }[]> =>
  (await stage.caller('payments-api').get('/v1/revocations')).body.items;
const bitOf = (jwt: string): Promise<number> => statusBitOf(stage.broker.issuer, jwt);

describe('a kill switch', () => {
  it('ends all of a task at once: what is held, what waits to be collected, what is asked', async () => {
    const held = await collectedRefund(stage, inTask('run-a'));
    const ready = await approvedRefund(stage, inTask('run-a'));
    const asked = created(await stage.caller('support-bot').ask(refundAsk('9', inTask('run-a'))), 202);
    const otherTask = await collectedRefund(stage, inTask('run-b'));
    const otherAgent = await collectedRefund(stage, inTask('run-a'), 'rival-bot');

    expect((await kill('task', 'support-bot/run-a')).body).toEqual({
      kind: 'task',
      id: 'support-bot/run-a',
      ended: { grants: 2, asks: 1, approvals: 0 },
    });

    expect([await active(held.token), await active(otherTask.token), await active(otherAgent.token)]).toEqual([
      false,
      true,
      true,
    ]);
    const agent = stage.caller('support-bot');
    expect((await agent.redeem(ready.code)).body.error).toBe('access_denied');
    expect((await agent.get(`/v1/escalations/${asked.id}`)).body.status).toBe('cancelled');
    const { body } = await agent.get(`/v1/grants/${held.grant}`);
    expect(body.grant).toMatchObject({ status: 'revoked', end_reason: 'revoked_by_person' });
    expect(await feed()).toContainEqual(expect.objectContaining({ kind: 'task', jti: decodeJwt(held.token).jti }));
    const again = await collectedRefund(stage, inTask('run-a'));
    expect(await active(again.token)).toBe(true);
  });

  it('ends what a person approved, and their votes that wait for others count no more', async () => {
    const held = await collectedRefund(stage);
    const ask = await stage.caller('support-bot').ask({
      ...refundAsk('12'),
      authorization_details: [{ type: 'tool_call', actions: ['ledger.export'], arguments: { period: '2026-10' } }],
    });
    const exporting = created(ask, 202);
    const vote = async (person: string) => (await stage.person(person)).decide(exporting, 'approve');
    expect((await vote('bob')).status).toBe(200);

    expect((await kill('approver', 'bob')).status).toBe(200);

    const counted = async (): Promise<unknown> => {
      const { body } = await stage.caller('support-bot').get(`/v1/escalations/${exporting.id}`);
      return (body.approval.groups as { approved: number }[]).map(({ approved }) => approved);
    };
    expect(await counted()).toEqual([0, 0]);
    for (const person of ['carol', 'dave']) expect((await vote(person)).body).toMatchObject({ vote: 'recorded' });
    expect((await stage.caller('support-bot').get(`/v1/escalations/${exporting.id}`)).body.status).toBe('pending');
    expect(await counted()).toEqual([1, 1]);
    for (const verdict of ['approve', 'deny'] as const)
      expect(await (await stage.person('bob')).decide(exporting, verdict)).toMatchObject({
        status: 409,
        body: { code: 'already_voted', ended_by: 'kill_switch' },
      });
    expect(await active(held.token)).toBe(false);
    expect(await feed()).toContainEqual(expect.objectContaining({ kind: 'approver', jti: decodeJwt(held.token).jti }));
    expect(JSON.stringify(await feed())).not.toContain('bob');
    expect(await active((await collectedRefund(stage)).token)).toBe(true);
  });

  it('suspends an agent and compromises a key by the same door', async () => {
    const held = await collectedRefund(stage);
    expect((await kill('agent', 'support-bot')).status).toBe(200);
    expect(await active(held.token)).toBe(false);
    expect(await feed()).toContainEqual(expect.objectContaining({ kind: 'agent', subject: 'agent:support-bot' }));
    const foreign = await stage.caller('other-api').get('/v1/revocations');
    expect(JSON.stringify(foreign.body.items)).not.toContain('support-bot');
    expect((await stage.caller('ops-cli').post('/v1/agents/support-bot/resume', {})).status).toBe(200);

    const next = await collectedRefund(stage);
    const { kid } = decodeProtectedHeader(next.token);
    expect((await kill('key', String(kid))).status).toBe(200);
    expect(await active(next.token)).toBe(false);
    expect(await feed()).toContainEqual(expect.objectContaining({ kind: 'key', subject: kid }));
  });

  it('is for operators, knows what it ends and is told in the audit log', async () => {
    expectProblem(await kill('task', 'support-bot/run-a', 'payments-api'), 403, 'forbidden');
    for (const [kind, id] of [
      ['agent', 'nobody'],
      ['task', 'support-bot/never-asked'],
      ['task', 'support-bot'],
      ['approver', 'nobody'],
      ['key', 'k'.repeat(43)],
    ] as const)
      expectProblem(await kill(kind, id), 404, 'not_found');
    expect((await kill('rumour', 'x')).status).toBe(400);
    const { body } = await stage.caller('auditor-tool').get('/v1/audit/events?type=kill.switched');
    expect(body.items[0]).toMatchObject({
      actor: { kind: 'client', id: 'ops-cli' },
      data: { kind: 'approver', id: 'bob', reason: 'Drill.' },
    });
  });

  it('is on the command line', async () => {
    const held = await collectedRefund(stage, inTask('run-cli'));
    const environment = {
      DATABASE_URL: stage.world.database.url,
      WRIT_MASTER_KEY: stage.world.masterKey,
      WRIT_CONFIG: stage.world.configDir,
      WRIT_DATA_DIR: stage.world.configDir,
    };
    const done = await writ(['kill', 'task', 'support-bot/run-cli', '--reason', 'Drill.'], environment);
    expect([done.exit, done.out]).toEqual([0, 'support-bot/run-cli is over: 1 live grant and 0 open asks ended']);
    expect(await active(held.token)).toBe(false);
    expect((await writ(['kill', 'task', 'support-bot/x', '--reason', 'Drill.'], environment)).exit).toBe(1);
    expect((await writ(['kill', 'rumour', 'x', '--reason', 'Drill.'], environment)).exit).toBe(2);
  });
});

describe('what a switch says that it ended', () => {
  let counted: Stage;
  beforeAll(async () => {
    counted = await setStage();
  });
  afterAll(() => counted.close());

  const thrown = async (kind: string, id: string): Promise<unknown> =>
    (await counted.caller('ops-cli').post('/v1/kill', { kind, id, reason: 'Drill.' })).body;
  const exportAsk = async (): Promise<{ id: string; digest: string }> =>
    created(
      await counted.caller('support-bot').ask({
        ...refundAsk('14'),
        authorization_details: [{ type: 'tool_call', actions: ['ledger.export'], arguments: { period: '2026-12' } }],
      }),
      202,
    );
  const writKill = async (kind: string, id: string): Promise<string> => {
    const { world } = counted;
    const done = await writ(['kill', kind, id, '--reason', 'Drill.'], {
      DATABASE_URL: world.database.url,
      WRIT_MASTER_KEY: world.masterKey,
      WRIT_CONFIG: world.configDir,
      WRIT_DATA_DIR: world.configDir,
    });
    return done.out.trimEnd();
  };

  it('is the truth about an approver, also when nothing is left', async () => {
    const finished = await collectedRefund(counted);
    await counted.caller('support-bot').post(`/v1/grants/${finished.grant}/complete`, { outcome: 'succeeded' });
    await collectedRefund(counted);
    await approvedRefund(counted, inTask('run-ready'));
    const waiting = await exportAsk();
    await (await counted.person('bob')).decide(waiting, 'approve');
    await (await counted.person('carol')).decide(waiting, 'approve');
    expect(await thrown('approver', 'bob')).toEqual({
      kind: 'approver',
      id: 'bob',
      ended: { grants: 2, asks: 1, approvals: 4 },
    });
    expect(await thrown('approver', 'bob')).toMatchObject({ ended: { grants: 0, asks: 0, approvals: 0 } });
    const { body } = await counted.caller('auditor-tool').get('/v1/audit/events?type=kill.switched');
    expect(body.items.map((event: { data: { ended: unknown } }) => event.data.ended)).toEqual([
      { grants: 0, asks: 0, approvals: 0 },
      { grants: 2, asks: 1, approvals: 4 },
    ]);
    await collectedRefund(counted);
    expect(await writKill('approver', 'bob')).toBe(
      '1 approval of bob counts no more: 1 live grant ended, 0 asks lost that vote',
    );
    expect(await writKill('approver', 'bob')).toBe('bob had no approval that still counted: nothing was left to end');
  });

  it('is the truth about a task, an agent and a key, also when nothing is left', async () => {
    await collectedRefund(counted, inTask('run-c'));
    await counted.caller('support-bot').ask(refundAsk('15', inTask('run-c')));
    await counted.caller('support-bot').ask(refundAsk('16', inTask('run-d')));
    expect(await thrown('task', 'support-bot/run-c')).toMatchObject({ ended: { grants: 1, asks: 1, approvals: 0 } });
    expect(await writKill('task', 'support-bot/run-c')).toBe('support-bot/run-c is over: nothing was left to end');
    const { kid } = decodeProtectedHeader((await collectedRefund(counted)).token);
    expect(await thrown('key', String(kid))).toMatchObject({ ended: { grants: 1, asks: 0, approvals: 0 } });
    expect(await writKill('key', String(kid))).toBe(
      `${String(kid)} is compromised, its tokens count no more: no live grant had one`,
    );
    await collectedRefund(counted);
    // With the export that still waits for others.
    expect(await writKill('agent', 'support-bot')).toBe('support-bot is suspended: 1 live grant and 2 open asks ended');
    expect(await thrown('agent', 'support-bot')).toMatchObject({ ended: { grants: 0, asks: 0, approvals: 0 } });
  });
});

describe('a grant that a switch has ended', () => {
  it('stays revoked when another approver is killed after its deadline, though nobody has written the end', async () => {
    const asked = created(
      await stage.caller('support-bot').ask({
        ...refundAsk('13', { requested_ttl: 1 }),
        authorization_details: [{ type: 'tool_call', actions: ['ledger.export'], arguments: { period: '2026-11' } }],
      }),
      202,
    );
    for (const person of ['bob', 'carol', 'dave']) await (await stage.person(person)).decide(asked, 'approve');
    const { body } = await stage.caller('support-bot').redeem(asked.continuation.deferral_code);
    const { pool } = stage.world.database;
    // As if somebody had thrown it in the grant's last moment.
    const lastMoment = `(select "expires_at" - interval '1 ms' from "grants" where "id" = '${String(body.grant_id)}')`;
    await throwSwitch(stage.world, 'approver', 'dave', lastMoment);
    const over = `select 1 from "grants" where "id" = $1 and "deadline" <= clock_timestamp()`;
    await until('its time is over', async () => (await pool.query(over, [body.grant_id])).rowCount === 1);
    const grant = async (): Promise<unknown> =>
      (await stage.caller('support-bot').get(`/v1/grants/${body.grant_id}`)).body.grant;
    const before = await grant();
    expect(before).toMatchObject({ status: 'revoked', end_reason: 'revoked_by_person' });
    expect((await kill('approver', 'carol')).status).toBe(200);
    expect(await grant()).toEqual(before);
    const found = await stage.caller('auditor-tool').get('/v1/grants?status=revoked&limit=100');
    expect(JSON.stringify(found.body.items)).toContain(body.grant_id);
  });
});

describe('the sweeper', () => {
  it('writes the ends that kill switches have made true', async () => {
    const swept = await setStage();
    try {
      const held = await collectedRefund(swept);
      const asked = created(await swept.caller('support-bot').ask(refundAsk('10', inTask('run-77'))), 202);
      await swept.caller('ops-cli').post('/v1/kill', { kind: 'task', id: 'support-bot/run-77', reason: 'Drill.' });
      const { pool } = swept.world.database;
      await until('the ends to be written', async () => {
        const { rows } = await pool.query(
          `select 1 from "grants" g, "escalations" e where g."id" = $1 and g."status" = 'revoked' and e."id" = $2 and e."status" = 'cancelled'`,
          [held.grant, asked.id],
        );
        return rows.length === 1;
      });
      const { events } = await storyOf(swept, held.grant);
      const ends = events.filter(({ type }) => type.startsWith('grant.'));
      expect(ends.at(-1)).toMatchObject({ type: 'grant.revoked', data: { end_reason: 'revoked_by_person' } });
    } finally {
      await swept.close();
    }
  });
});

describe('a status list', () => {
  it('turns the bit of a token when it ends, and no other', async () => {
    const [held, other] = [await collectedRefund(stage), await collectedRefund(stage)];
    expect([await bitOf(held.token), await bitOf(other.token)]).toEqual([0, 0]);
    await stage.caller('ops-cli').post(`/v1/grants/${held.grant}/revoke`, { reason: 'Drill.' });
    await until('the bit', async () => (await bitOf(held.token)) === 1, 3_000);
    expect(await bitOf(other.token)).toBe(0);
  });

  it('is named by its own address, fresh for half a minute, cached for less, and found by the metadata', async () => {
    const { uri } = placeOf((await collectedRefund(stage)).token);
    const response = await fetch(uri);
    expect(response.headers.get('cache-control')).toBe('public, max-age=15');
    const payload = decodeJwt(await response.text());
    expect(payload).toMatchObject({ sub: uri, iss: stage.broker.issuer, ttl: 30 });
    expect(Number(payload.exp) - Number(payload.iat)).toBe(120);
    const metadata = await (await fetch(`${stage.broker.base}/.well-known/oauth-authorization-server`)).json();
    const lists = await (await fetch(metadata.status_list_aggregation_endpoint)).json();
    expect(lists).toEqual({ status_lists: [uri] });
    for (const n of ['0', '2', '1e1', '01', '-1', '999999999999'])
      expect((await fetch(`${stage.broker.base}/status/${n}`)).status).toBe(404);
  });

  it('gives places that tell nothing of their order', async () => {
    const places: number[] = [];
    for (let round = 0; round < 8; round += 1) places.push(placeOf((await collectedRefund(stage)).token).idx);
    expect(places).not.toEqual([...places].sort((a, b) => a - b));
    expect(new Set(places).size).toBe(8);
  });
});
