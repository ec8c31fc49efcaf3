import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { COMMAND_ACTOR, CommandObserver } from '#escalations/watch/watch-history.js';
import type { EventRow } from '#escalations/watch/history.js';
import type { DatabasePool } from '#persistence/connection/pool.js';
import { PostgresHistoryComparison } from '#persistence/watch/postgres-history-comparison.js';
import { businessLines } from '../../../apps/broker/src/observation/business-lines.js';
import { readAsk, refundAsk } from '../../harness/actors/agent.js';
import { applyConfig } from '../../harness/world/apply.js';
import { journalOf } from '../../harness/world/journal.js';
import { startOtlpReceiver, type OtlpReceiver } from '../../harness/actors/otlp-receiver.js';
import { sealedOf, useCasesOf } from '../../harness/world/sealed.js';
import { collectedRefund, created, setStage, type Collected, type Stage } from '../../harness/world/stage.js';
import { until } from '../../harness/judges/until.js';

const ASKED_IN = '0af7651916cd43dd8448eb211c80319c';
const CANARY = 'canary-4be1';
/** Words of agents and of people, as they stand in what they send. */
const words = { description: `Refund ${CANARY}`, id: `run-${CANARY}` };
const reason = `Because of ${CANARY}`;

let stage: Stage;
let collector: OtlpReceiver;
beforeAll(async () => {
  collector = await startOtlpReceiver();
  stage = await setStage(() => undefined, { extra: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url } });
  for (const person of ['bob', 'carol', 'olga']) await stage.person(person);
});
afterAll(async () => {
  await stage.close();
  await collector.close();
});

type Line = Readonly<Record<string, unknown>>;

const lines = (from = 0): Line[] => stage.broker.logged.slice(from).map((line) => JSON.parse(line) as Line);
/** Of the lines since `from` those about what people and operators did, without what every line has. */
function business(from: number): Line[] {
  return lines(from).flatMap(({ time, level, message, ...facts }) => {
    if (facts['event'] === undefined) return [];
    expect([typeof time, level, typeof message]).toEqual(['string', 'info', 'string']);
    return [facts];
  });
}
/** What `work` makes, once there are as many lines as there should be. */
async function told(count: number, work: () => Promise<unknown>): Promise<Line[]> {
  const from = stage.broker.logged.length;
  await work();
  await until(`${count} lines`, async () => business(from).length >= count);
  return business(from);
}

describe('a grant that people approve', () => {
  let held: Collected;

  it('has a line for the vote, the decision and the token, each in the trace of the ask', async () => {
    const traceparent = `00-${ASKED_IN}-b7ad6b7169203331-01`;
    const agent = stage.caller('support-bot');
    const got = await told(3, async () => {
      const asked = created(await agent.ask(refundAsk(CANARY, { task: words }), { traceparent }), 202);
      const bob = await stage.person('bob');
      const decided = await bob.decide(asked, 'approve', { reason });
      const grant = String(decided.body.escalation.grant.id);
      const code = asked.continuation.deferral_code;
      held = { ...asked, code, grant, token: String((await agent.redeem(code)).body.access_token) };
    });
    const about = { escalation: held.id, agent: 'support-bot', trace_id: ASKED_IN };
    expect(got).toEqual([
      { event: 'vote.recorded', actor: 'person:bob', ...about, verdict: 'approve', via: 'rest' },
      { event: 'escalation.approved', actor: 'person:bob', ...about, approvers: ['bob'] },
      { event: 'token.minted', actor: 'agent:support-bot', ...about, grant: held.grant, kid: expect.any(String) },
    ]);
  });

  it('has one for its end by hand, and none for uses, looks and what follows by itself', async () => {
    const olga = await stage.person('olga');
    const got = await told(1, async () => {
      await stage.caller('payments-api').introspect(held.token);
      await olga.send('POST', `/v1/grants/${held.grant}/revoke`, { reason });
    });
    expect(got).toEqual([
      {
        event: 'grant.revoked',
        actor: 'person:olga',
        escalation: held.id,
        grant: held.grant,
        agent: 'support-bot',
        end_reason: 'revoked_by_person',
        trace_id: ASKED_IN,
      },
    ]);
  });
});

it('a denial by a person has two lines: the vote, and what it settled', async () => {
  const carol = await stage.person('carol');
  const got = await told(2, async () => {
    const asked = created(await stage.caller('support-bot').ask(refundAsk('9', { task: words })), 202);
    await carol.decide(asked, 'deny', { reason });
  });
  expect(got).toEqual([
    expect.objectContaining({ event: 'vote.recorded', actor: 'person:carol', verdict: 'deny', via: 'rest' }),
    expect.objectContaining({ event: 'escalation.denied', actor: 'person:carol', code: 'denied_by_approver' }),
  ]);
});

it('what policy allows or denies by itself has no line at info or above, however much of it there is', async () => {
  const agent = stage.caller('support-bot');
  const from = stage.broker.logged.length;
  for (let run = 0; run < 20; run += 1) {
    const asked = created(await agent.ask(readAsk(`run-${run}`)), 201);
    const { access_token: token, grant_id: grant } = (await agent.redeem(asked.continuation.deferral_code)).body;
    await stage.caller('payments-api').introspect(String(token));
    await agent.post(`/v1/grants/${grant}/complete`, { outcome: 'succeeded' });
  }
  const details = [{ type: 'tool_call', actions: ['ledger.drop'] }];
  await agent.ask({ ...readAsk('run-20'), authorization_details: details });
  const loud = lines(from).filter(({ level }) => level !== 'debug' && level !== 'trace');
  expect(loud).toEqual([]);
});

it('a suspension, a resumption and a kill switch have one each, whatever they end', async () => {
  const held = await collectedRefund(stage, { task: words }, 'rival-bot');
  const olga = await stage.person('olga');
  const got = await told(3, async () => {
    await olga.send('POST', '/v1/agents/rival-bot/suspend', { reason });
    await until('it is written that it ended', async () => {
      const story = await stage.caller('auditor-tool').get(`/v1/grants/${held.grant}`);
      return JSON.stringify(story.body).includes('"grant.revoked"');
    });
    await olga.send('POST', '/v1/agents/rival-bot/resume', { reason });
    await olga.send('POST', '/v1/kill', { kind: 'task', id: `rival-bot/${words.id}`, reason });
    await olga.send('POST', '/v1/kill', { kind: 'approver', id: 'dave', reason });
  });
  expect(got).toEqual([
    { event: 'agent.suspended', actor: 'person:olga', agent: 'rival-bot', trace_id: expect.any(String) },
    { event: 'agent.resumed', actor: 'person:olga', agent: 'rival-bot', trace_id: expect.any(String) },
    // The id of a task is the agent's own word.
    { event: 'kill.switched', actor: 'person:olga', agent: 'rival-bot', kind: 'task', trace_id: expect.any(String) },
    {
      event: 'kill.switched',
      actor: 'person:olga',
      kind: 'approver',
      person: 'dave',
      trace_id: expect.any(String),
    },
  ]);
});

it('a login code that opens nothing has a line, and the next ones of the minute none', async () => {
  const from = stage.broker.logged.length;
  const { send } = await stage.person('bob').then((bob) => ({ send: bob.send.bind(bob) }));
  for (let time = 0; time < 3; time += 1)
    expect((await send('POST', '/v1/sessions', { code: `wrong-${CANARY}` })).status).toBe(401);
  const failed = lines(from).filter(({ message }) => message === 'a sign-in failed');
  expect(failed).toEqual([expect.objectContaining({ level: 'warn', cause: 'unknown_login_code', others: 0 })]);
});

it('a proxy that nobody has named is told of once, however many requests come through it', async () => {
  const from = stage.broker.logged.length;
  for (let time = 0; time < 3; time += 1)
    await stage.caller('support-bot').get('/v1/requestable', { 'x-forwarded-for': '203.0.113.7' });
  const warned = lines(from).filter(({ message }) => /WRIT_TRUSTED_PROXIES names no proxy/.test(String(message)));
  expect(warned).toEqual([expect.objectContaining({ level: 'warn', header: 'x-forwarded-for' })]);
});

describe('what commands do', () => {
  it('is heard by the watch over the history, once, and told in the same words', async () => {
    const heard: EventRow[] = [];
    class Ear extends CommandObserver {
      override heard(events: readonly EventRow[]): void {
        heard.push(...events);
      }
    }
    const { world } = stage;
    const pool = world.database.pool as DatabasePool;
    const { store, suspendAgent } = useCasesOf(world, pool);
    const watch = new PostgresHistoryComparison(pool, journalOf(world), sealedOf(world).seals, store, new Ear());
    const actor = { kind: 'system', id: `${COMMAND_ACTOR}root` } as const;
    await suspendAgent.suspend('rival-bot', actor, reason);
    for (let pass = 0; pass < 3; pass += 1) await watch.compare();
    const mine = heard.filter(({ actor: { id } }) => id === actor.id);
    expect(mine.map(({ type, agent }) => [type, agent])).toEqual([['agent.suspended', 'rival-bot']]);
  });

  it('is one line for a configuration, however much it changes', () => {
    const change = (id: string, configuration: string) =>
      ({
        type: 'config.applied',
        actor: { kind: 'system', id: `${COMMAND_ACTOR}root` },
        agent: id,
        data: { kind: 'agent', change: 'added', id, configuration, policy_version: 'sha256:p' },
      }) as const;
    const made = businessLines([change('a', 'sha256:1'), change('b', 'sha256:1'), change('c', 'sha256:2')]);
    expect(made.map(({ facts }) => facts)).toEqual([
      {
        event: 'config.applied',
        actor: 'system:cli:root',
        configuration: 'sha256:1',
        policy_version: 'sha256:p',
        changes: 2,
      },
      expect.objectContaining({ configuration: 'sha256:2', changes: 1 }),
    ]);
  });
});

it('the first start tells the configuration that it applied', async () => {
  expect(lines()).toContainEqual(
    expect.objectContaining({
      level: 'info',
      message: 'a configuration was applied',
      event: 'config.applied',
      actor: 'system:writ',
      configuration: expect.stringMatching(/^sha256:/),
      changes: expect.any(Number),
    }),
  );
  // And what is applied beside it is told by no line of this process, as long as it is not a command's.
  const from = stage.broker.logged.length;
  await applyConfig(stage.world, (config) => void (config.limits.pending_per_agent = 90));
  expect(business(from)).toEqual([]);
});

it('no word of an agent, no reason by a person and no token is in any line', () => {
  expect(stage.broker.logged.join('')).not.toContain(CANARY);
  expect(stage.broker.logged.join('')).not.toMatch(/eyJ[\w-]+\.eyJ/);
});
