import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { writ } from '../../../apps/cli/src/testing/terminal.js';
import { refundAsk, type Answer } from '../../harness/actors/agent.js';
import { applyConfig } from '../../harness/world/apply.js';
import { moreAgents, setHandingStage, under, type HandingStage } from '../../harness/world/handing-on.js';
import { Person } from '../../harness/actors/person.js';
import { collectedRefund, created } from '../../harness/world/stage.js';
import { BASE_POLICIES } from '../../harness/world/world.js';

/** Something that ends a request which waits, and an ask in the same words before and after it. */
interface End {
  /** A refund for this order in the words of every other ask for it. */
  ask(order: string): Promise<Answer>;
  end(): Promise<unknown>;
}

/** A broker without a worker: what has ended a request is true, and nobody has written it. */
let stage: HandingStage;

beforeAll(async () => {
  const crowded = (config: Parameters<typeof moreAgents>[0]): void => {
    moreAgents(config);
    Object.assign(config.limits, { pending_per_agent: 1 });
  };
  stage = await setHandingStage({ roles: 'api' });
  await applyConfig(stage.world, crowded, BASE_POLICIES);
});
afterAll(() => stage?.close());

const operator = () => stage.caller('ops-cli');
/** Ids of what waits for this approver. Signed in anew: a restore ends sessions. */
async function waitingFor(id: string): Promise<string[]> {
  const { body } = await (await Person.signIn(stage.world, stage.broker, id)).send('GET', '/v1/inbox');
  return (body as { items: { id: string }[] }).items.map((item) => item.id);
}

/** The facts by which policy decided this request, from the history. */
async function factsOf(id: string): Promise<{ pending_asks: number; open_grants: number }> {
  const { body } = await stage
    .caller('auditor-tool')
    .get(`/v1/audit/events?type=escalation.requested&escalation=${id}`);
  return body.items[0].data.policy.facts;
}

/** How much of this agent the people's page says to wait and to live. */
async function counted(agent: string): Promise<{ pending: number; live_grants: number }> {
  const olga = await Person.signIn(stage.world, stage.broker, 'olga');
  const { body } = await olga.send('GET', `/v1/people/agents/${agent}`);
  return (body as { counts: { pending: number; live_grants: number } }).counts;
}

function restore(): Promise<unknown> {
  const { world } = stage;
  const places = { WRIT_CONFIG: world.configDir, WRIT_DATA_DIR: world.configDir };
  const env = { DATABASE_URL: world.database.url, WRIT_MASTER_KEY: world.masterKey, ...places };
  return writ(['restore', 'declare'], env);
}

let parent: Awaited<ReturnType<typeof collectedRefund>>;
const handedOn = async (agent: string, order: string): Promise<Answer> => {
  parent = await collectedRefund(stage, { max_uses: 5 }, 'support-bot');
  return stage.caller(agent).ask(refundAsk(order), under(parent.token));
};

const ENDS: readonly (readonly [string, string, () => End])[] = [
  [
    'its task is ended',
    'bot-1',
    () => {
      let run = 0;
      return {
        ask: (order) => stage.caller('bot-1').ask(refundAsk(order, { task: { id: `run-${(run += 1)}` } })),
        end: () => operator().post('/v1/kill', { kind: 'task', id: 'bot-1/run-1', reason: 'Over.' }),
      };
    },
  ],
  [
    'the grant above it ends',
    'bot-2',
    () => ({
      ask: () => handedOn('bot-2', '8812'),
      end: () => operator().post(`/v1/grants/${parent.grant}/revoke`, { reason: 'Over.' }),
    }),
  ],
  [
    'a restore is declared',
    'bot-3',
    () => ({ ask: (order) => stage.caller('bot-3').ask(refundAsk(order)), end: restore }),
  ],
];

it('a grant that a kill switch has ended is no open grant to people’s pages or to policy', async () => {
  await collectedRefund(stage, {}, 'bot-4');
  expect(await counted('bot-4')).toMatchObject({ live_grants: 1 });
  await operator().post('/v1/kill', { kind: 'approver', id: 'bob', reason: 'Over.' });
  expect(await counted('bot-4')).toMatchObject({ live_grants: 0 });
  const asked = created(await stage.caller('bot-4').ask(refundAsk('1')), 202);
  expect(await factsOf(asked.id)).toMatchObject({ open_grants: 0 });
});

describe.each(ENDS)('a request that waited until %s, before anybody has written its end', (_how, agent, way) => {
  let ended: { id: string };
  let left: number;
  let answer: Answer;

  beforeAll(async () => {
    const { ask, end } = way();
    ended = created(await ask('8812'), 202);
    await end();
    left = (await counted(agent)).pending;
    answer = await ask('8812');
  });

  it('is not counted among what its agent asks', () => expect(left).toBe(0));

  it('takes no place among those that may wait, and is no open ask to policy', async () => {
    expect(answer).toMatchObject({ status: 202, body: { like: [] } });
    expect(await factsOf(answer.body.id as string)).toMatchObject({ pending_asks: 0 });
  });

  it('keeps no identical request out of the inbox', async () => {
    const waits = await waitingFor('bob');
    expect(waits).toContain(answer.body.id);
    expect(waits).not.toContain(ended.id);
  });
});
