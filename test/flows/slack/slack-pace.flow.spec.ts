import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { LocalSlack } from '../../../packages/local-slack/src/server.js';
import { refundAsk } from '../../harness/actors/agent.js';
import { startSlack, startTestBroker, type Broker } from '../../harness/brokers/broker.js';
import { brokenInvariants } from '../../harness/judges/invariants.js';
import { created, setStage, type Stage } from '../../harness/world/stage.js';
import { until } from '../../harness/judges/until.js';

const POLICIES = `
@id("refunds") @outcome("require_approval") @approvers("oncall")
permit (principal in Writ::Group::"support", action == Writ::Action::"refund.create", resource);
@id("exports") @outcome("require_approval") @approvers("oncall") @window("300")
permit (principal in Writ::Group::"support", action == Writ::Action::"ledger.export", resource);
@id("quick") @outcome("require_approval") @approvers("oncall")
permit (principal in Writ::Group::"support", action == Writ::Action::"quick.ask", resource);
`;
const CAP = 20;

let slack: LocalSlack;
let stage: Stage;
let worker: Broker;

// This Slack takes one message a second and channel, and answers 429 to what comes sooner.
beforeAll(async () => {
  slack = await startSlack({ enforceRates: true });
  const change = (config: { limits: object }): void => void Object.assign(config.limits, { pending_per_agent: CAP });
  stage = await setStage(change, { roles: 'api,slack', slack, policies: POLICIES, paced: true });
});
afterAll(async () => {
  expect(await brokenInvariants(stage.world)).toEqual([]);
  await worker.close();
  await stage.close();
  await slack.close();
});

const asking = (action: string, task: string, args?: object): Record<string, unknown> => ({
  resource: 'https://payments.example',
  authorization_details: [{ type: 'tool_call', actions: [action], ...(args === undefined ? {} : { arguments: args }) }],
  task: { id: task },
});
/** Low risk; high risk; high risk with a nearer deadline. */
const low = (): Record<string, unknown> => asking('quick.ask', 'low');
const high = (order: string): Record<string, unknown> => refundAsk(order);
const urgent = (): Record<string, unknown> => asking('ledger.export', 'urgent', { period: '2026-11' });

async function ask(agent: string, body: Record<string, unknown>): Promise<{ id: string; digest: string }> {
  return created(await stage.caller(agent).ask(body), 202);
}

/** The requests whose cards were posted, in the order of posting, with the moment (epoch ms). */
async function posted(): Promise<{ id: string; at: number; asked: number }[]> {
  const { rows } = await stage.world.database.pool.query<{ id: string; at: number; asked: number }>(
    `select e."id", (extract(epoch from c."posted_at") * 1000)::float8 as "at", (extract(epoch from e."created_at") * 1000)::float8 as "asked"
     from "slack_cards" c join "escalations" e on e."id" = c."escalation_id" where c."posted_at" is not null order by c."posted_at"`,
  );
  return rows;
}

function postedAll(ids: readonly string[]): Promise<{ id: string; at: number; asked: number }[]> {
  return until(
    `${ids.length} cards are posted`,
    async () => {
      const all = await posted();
      return ids.every((id) => all.some((card) => card.id === id)) && all;
    },
    40_000,
  );
}

const blocksOf = async (id: string): Promise<string> => JSON.stringify((await stage.slack.cardsOf(id))[0]?.blocks);

describe('cards of one channel', () => {
  it('go out one a second: agents in turn, then by risk, then by deadline', async () => {
    // All of this waits before anybody works. The first card is out before the others stand in line.
    const opener = await ask('rival-bot', low());
    worker = await startTestBroker(stage.world, {
      roles: 'worker',
      slack,
      extra: { WRIT_ISSUER: stage.broker.issuer },
    });
    slack.setRequestUrl(`${stage.broker.base}/slack/events`);
    await postedAll([opener.id]);
    const ids: Record<string, string> = {};
    for (const [name, agent, body] of [
      ['lowest', 'support-bot', low()],
      ['later', 'support-bot', high('1')],
      ['sooner', 'support-bot', urgent()],
      ['theirs', 'rival-bot', high('2')],
    ] as const)
      ids[name] = (await ask(agent, body)).id;
    const order = (await postedAll(Object.values(ids))).map((card) => card.id);
    expect(order.map((id) => Object.keys(ids).find((name) => ids[name] === id) ?? 'opener')).toEqual([
      'opener',
      'sooner',
      // The rival has had one card lately, as many as support-bot by now; both are of high risk.
      'later',
      'theirs',
      'lowest',
    ]);
  }, 60_000);

  it('of an agent that floods it keep nobody else out, and nothing that people do waits behind them', async () => {
    const before = (await posted()).length;
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, index) => stage.caller('support-bot').ask(high(`f${index}`))),
    );
    const open = 3;
    const asked = answers
      .filter((answer) => answer.status === 202)
      .map((answer) => answer.body as { id: string; digest: string });
    expect(asked).toHaveLength(CAP - open);
    const refused = answers.filter((answer) => answer.status !== 202);
    expect(new Set(refused.map((answer) => `${answer.status} ${answer.body.code}`))).toEqual(
      new Set(['429 too_many_pending']),
    );
    await until('the flood has begun', async () => (await posted()).length > before);

    const bystander = await ask('rival-bot', high('bystander'));
    const mine = (await postedAll([bystander.id])).find((card) => card.id === bystander.id);
    expect((mine?.at ?? Infinity) - (mine?.asked ?? 0)).toBeLessThan(2_000);

    // A modal and a rewriting, while most of the flood still waits.
    expect((await posted()).length - before).toBeLessThan(asked.length);
    const [card] = await stage.slack.cardsOf(bystander.id);
    const clicked = performance.now();
    expect((await stage.slack.click('U0003', card?.ts ?? '', 'writ_details')).view_id).toBeDefined();
    expect(performance.now() - clicked).toBeLessThan(2_500);
    await (await stage.person('carol')).decide(bystander, 'approve');
    await until('its card is rewritten', async () => /approved/i.test(await blocksOf(bystander.id)), 2_500);
    expect((await posted()).length - before).toBeLessThan(asked.length);

    await postedAll(asked.map((one) => one.id));
    const said = slack
      .journal()
      .filter((call) => call.method === 'chat.postMessage' && call.args['channel'] === 'C0001');
    const cards = said.filter((call) => call.args['thread_ts'] === undefined);
    const lines = said.length - cards.length;
    // Only a line in a thread may have come in a card's way.
    expect(cards.filter((call) => !call.ok).length).toBeLessThanOrEqual(lines);
    expect(cards.filter((call) => call.ok)).toHaveLength((await posted()).length);
  }, 60_000);
});
