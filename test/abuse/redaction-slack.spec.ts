import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { connect } from 'node:net';
import { afterAll, describe, expect, it } from '@jest/globals';
import { startLocalSlack } from '../../packages/local-slack/src/server.js';
import { refundAsk } from '../harness/actors/agent.js';
import { freePort } from '../harness/brokers/broker.js';
import { clickPayload } from '../harness/actors/slack-delivery.js';
import { created, setStage, type Stage } from '../harness/world/stage.js';
import { until } from '../harness/judges/until.js';

interface Redis {
  readonly url: string;
  /** Every command that was ever sent to it, as its own MONITOR tells it. */
  heard(): string;
  stop(): void;
}

/** `null` where there is no redis-server. */
async function startRedis(): Promise<Redis | null> {
  if (spawnSync('redis-server', ['--version']).status !== 0) return null;
  const port = await freePort();
  const options = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--maxmemory-policy', 'noeviction'];
  const server: ChildProcess = spawn('redis-server', options, { stdio: 'ignore' });
  let heard = '';
  const listen = (): Promise<boolean> =>
    new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1', () => socket.write('MONITOR\r\n'));
      socket.setEncoding('latin1').on('data', (text) => {
        heard += String(text);
        resolve(true);
      });
      socket.on('error', () => resolve(false));
    });
  await until('Redis listens', listen);
  return { url: `redis://127.0.0.1:${port}`, heard: () => heard, stop: () => void server.kill() };
}

const redis = await startRedis();
afterAll(() => redis?.stop());

const socketMode = () =>
  startLocalSlack({
    socketMode: true,
    people: ['alice', 'bob', 'carol'].map((name, index) => ({ user: `U000${index + 1}`, name })),
    channels: [{ id: 'C0001', name: 'oncall' }],
    seed: { teamId: 'T0001' },
  });

/** What Slack gives with each click, and what the flow makes: none of it may be kept. */
async function flow(stage: Stage): Promise<Map<string, string>> {
  const { env, url } = stage.broker.slack;
  const agent = stage.caller('support-bot');
  const asked = created(await agent.ask(refundAsk()), 202);
  const card = await stage.slack.card(asked.id);
  // A refusal, a window and a click whose response URL we know, then the one that counts.
  await stage.slack.click('U0999', card.ts, 'writ_approve');
  await stage.slack.click('U0002', card.ts, 'writ_details');
  const foreign = { ...clickPayload(stage.broker, card, 'U0002'), channel: { id: 'C0666' } };
  if (env.SLACK_APP_TOKEN === undefined) await stage.slack.call('deliver', { payload: foreign });
  await stage.slack.click('U0002', card.ts, 'writ_approve');
  const approved = async (): Promise<boolean> =>
    (await agent.get(`/v1/escalations/${asked.id}`)).body.status === 'approved';
  await until('it is approved', approved);
  const { access_token: token, grant_id: grant } = (await agent.redeem(asked.continuation.deferral_code)).body;
  await agent.post(`/v1/grants/${String(grant)}/complete`, { outcome: 'succeeded' });
  const says = async (): Promise<boolean> => /completed/i.test(JSON.stringify(await stage.slack.cardsOf(asked.id)));
  await until('the card says how it ended', says);
  return new Map([
    ['a response URL', `${url}/actions/`],
    ['the path of a response URL', '/actions/T0001'],
    ['the legacy token of Slack', 'legacy-token-that-proves-nothing'],
    ['the bot token', env.SLACK_BOT_TOKEN],
    ['the signing secret', env.SLACK_SIGNING_SECRET],
    ...(env.SLACK_APP_TOKEN === undefined ? [] : [['the app token', env.SLACK_APP_TOKEN] as const]),
    ['the deferral code', asked.continuation.deferral_code],
    ['the access token', String(token)],
    ['the signature of the access token', String(token).split('.')[2] ?? ''],
    ['the master key', stage.world.masterKey],
  ]);
}

/** The rows of every table, those of the queue among them. */
async function tables(stage: Stage): Promise<Map<string, string>> {
  const { pool } = stage.world.database;
  const { rows } = await pool.query<{ name: string }>(
    `select format('%I.%I', table_schema, table_name) as "name" from information_schema.tables
     where table_schema not in ('pg_catalog', 'information_schema') and table_type = 'BASE TABLE'`,
  );
  const found = new Map<string, string>();
  for (const { name } of rows) {
    const content = await pool.query<{ row: string }>(`select t::text as "row" from ${name} t`);
    found.set(name, content.rows.map(({ row }) => row).join('\n'));
  }
  return found;
}

const SETTINGS = [
  ['over HTTP, the queue in PostgreSQL', async () => ({})],
  ['over a socket', async () => ({ slack: await socketMode() })],
  ...(redis === null ? [] : [['over HTTP, the queue in Redis', async () => ({ redisUrl: redis.url })] as const]),
] as const;

describe.each(SETTINGS)('a click %s', (name, options) => {
  it('leaves no token, secret or response URL in any log, queue or row', async () => {
    const given: { slack?: Awaited<ReturnType<typeof socketMode>>; redisUrl?: string } = await options();
    const stage = await setStage(() => undefined, given);
    try {
      if (given.slack !== undefined) await until('a socket', () => given.slack?.sockets?.connections === 1);
      const secrets = await flow(stage);
      const places = await tables(stage);
      expect([...places.keys()].some((table) => table.startsWith('bullmq.'))).toBe(true);
      places.set('the log', stage.broker.logged.join(''));
      if (given.redisUrl !== undefined) {
        expect(redis?.heard()).toMatch(/writ/);
        places.set('Redis', redis?.heard() ?? '');
      }
      const found = [...places].flatMap(([place, text]) =>
        [...secrets].filter(([, secret]) => text.includes(secret)).map(([what]) => `${what} in ${place}`),
      );
      expect([name, found]).toEqual([name, []]);
    } finally {
      await stage.close();
      await given.slack?.close();
    }
  });
});
