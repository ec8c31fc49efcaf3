import type { LocalSlack } from '../../../packages/local-slack/src/server.js';
import type { Broker } from '../brokers/broker.js';
import { everythingIn } from '../world/redis.js';
import type { World } from '../world/world.js';

/** What has a shape of its own, whoever made it. */
const SHAPES: Readonly<Record<string, RegExp>> = {
  'a token': /\beyJ[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{20,}\./,
  'a response_url': /\/(?:actions|commands)\/T\w+\/\d{10,}\/[\w-]{20,}/,
};

/** What may be written nowhere, whatever happened: compact JWTs, response_urls, Slack's tokens, and this world's own secrets. */
export function secretsIn(written: string, world: World, slack: Pick<LocalSlack, 'env'>): string[] {
  const { SLACK_SIGNING_SECRET: signing, SLACK_BOT_TOKEN: bot, SLACK_APP_TOKEN: app } = slack.env;
  const secrets: Record<string, string> = { 'the master key': world.masterKey, 'the signing secret': signing };
  secrets['the bot token'] = bot;
  if (app !== undefined) secrets['the app token'] = app;
  for (const [id, pair] of Object.entries(world.keys))
    secrets[`the private key of ${id}`] = String(pair.privateKey.export({ format: 'jwk' }).d);
  return [
    ...Object.keys(secrets).filter((name) => written.includes(secrets[name] as string)),
    ...Object.keys(SHAPES).filter((name) => SHAPES[name]?.test(written)),
  ];
}

/** Secrets in what the processes logged and said to Slack, and in every table, queue and Redis. */
export async function leaks(world: World, brokers: readonly Broker[]): Promise<string[]> {
  const [first] = brokers;
  if (first === undefined) return [];
  const { slack } = first;
  const found = brokers.flatMap((broker) =>
    secretsIn(broker.logged.join(''), world, broker.slack).map((name) => `${name} was logged`),
  );
  for (const told of new Set(brokers.map((broker) => broker.slack)))
    found.push(...secretsIn(JSON.stringify(told.journal()), world, told).map((name) => `${name} was told to Slack`));
  for (const table of await tablesOf(world)) {
    const { rows } = await world.database.pool.query<{ text: string | null }>(
      `select string_agg(r::text, ' ') as "text" from (select * from ${table}) r`,
    );
    found.push(...secretsIn(rows[0]?.text ?? '', world, slack).map((name) => `${name} is stored in ${table}`));
  }
  for (const url of new Set(brokers.flatMap(({ redisUrl = [] }) => redisUrl))) {
    const written = await everythingIn(url);
    found.push(...secretsIn(written, world, slack).map((name) => `${name} is stored in Redis`));
  }
  return found;
}

async function tablesOf(world: World): Promise<string[]> {
  const { rows } = await world.database.pool.query<{ name: string }>(
    `select format('%I.%I', table_schema, table_name) as "name" from information_schema.tables
     where table_schema in ('public', 'bullmq') and table_type = 'BASE TABLE'`,
  );
  return rows.map(({ name }) => name);
}
