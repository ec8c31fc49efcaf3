import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startLocalSlack, type LocalSlack } from '../../../packages/local-slack/src/server.js';
import { Caller, refundAsk } from '../../harness/actors/agent.js';
import { freePort, startTestBroker, type Broker } from '../../harness/brokers/broker.js';
import { SlackDriver } from '../../harness/actors/person.js';
import { until } from '../../harness/judges/until.js';
import { makeWorld, type World } from '../../harness/world/world.js';

const seed = {
  teamId: 'T0001',
  botToken: 'xoxb-kept',
  appToken: 'xapp-kept',
  signingSecret: 'e'.repeat(32),
  appId: 'A0001',
  botId: 'B0001',
  botUserId: 'U0999',
};
const startSlack = (port: number): Promise<LocalSlack> => startLocalSlack({ port, socketMode: true, seed });

let world: World;
let slack: LocalSlack;
let broker: Broker;

beforeAll(async () => {
  world = await makeWorld();
  const before = await startSlack(await freePort());
  await before.close();
  broker = await startTestBroker(world, { slack: before });
  slack = await startSlack(Number(new URL(before.url).port));
});
afterAll(async () => {
  await broker.close();
  await slack.close();
  await world.remove();
});

describe('a broker with an app token', () => {
  it('starts without Slack, and takes a click to a grant once Slack is there, with no delivery over HTTP', async () => {
    const agent = new Caller(world, broker.issuer, 'support-bot');
    const driver = new SlackDriver({ slack });
    await until('a socket', () => slack.sockets?.connections === 1);
    const asked = await agent.ask(refundAsk());
    const card = await driver.card(asked.body.id as string);
    expect(await driver.click('U0002', card.ts, 'writ_approve')).toMatchObject({ ok: true, status: 200 });
    const decided = await agent.get(`/v1/escalations/${asked.body.id}`);
    expect(decided.body).toMatchObject({ status: 'approved' });
    const { rows } = await world.database.pool.query<{ replay_key: string }>(`select replay_key from slack_deliveries`);
    expect(rows).toEqual([{ replay_key: `env:${slack.sockets?.sent[0]?.envelope.envelope_id}` }]);
  });
});
