import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Caller } from '../harness/actors/agent.js';
import { setFarStage, type FarStage } from '../harness/brokers/far-broker.js';
import { operations, type Media, type Operation } from '../harness/judges/openapi.js';
import { type Person } from '../harness/actors/person.js';
import { approvedRefund, collectedRefund, type Collected } from '../harness/world/stage.js';
import { endSessions } from '../harness/faults/store-faults.js';
import { until } from '../harness/judges/until.js';

const ANSWERED_MS = 5_500;

let setting: FarStage;
let held: Collected;
let olga: Person;
let database: string;

beforeAll(async () => {
  setting = await setFarStage((config) =>
    Object.assign(config.limits, { pending_per_agent: 10_000, creates_per_minute: 100_000 }),
  );
  held = await collectedRefund(setting.stage, { max_uses: 100 });
  await approvedRefund(setting.stage);
  olga = await setting.stage.person('olga');
  database = new URL(setting.stage.world.database.url).pathname.slice(1);
}, 60_000);
afterEach(async () => {
  setting.proxy.admit();
  await until('it is ready', async () => (await fetch(`${setting.far.base}/readyz`)).status === 200, 15_000);
});
afterAll(() => setting?.close());

/** A call of this operation that is as good as the description's own example, for something that exists. */
function callOf({ path, method, requestBody }: Operation): { url: string; init: RequestInit } {
  const id = path.startsWith('/v1/grants') ? held.grant : path.startsWith('/v1/agents') ? 'rival-bot' : held.id;
  const url = setting.far.base + path.replaceAll(/\{[^}]+\}/g, id);
  const [type, media] = Object.entries(requestBody?.content ?? {})[0] ?? [];
  if (type === undefined) return { url, init: { method } };
  const example = exampleOf(media) as Record<string, string>;
  const body = type === 'application/json' ? JSON.stringify(example) : new URLSearchParams(example).toString();
  return { url, init: { method, body, headers: { 'content-type': type } } };
}

function exampleOf(media: Media | undefined): unknown {
  return media?.example ?? Object.values(media?.examples ?? {})[0]?.value ?? {};
}

const CALLERS: readonly (readonly [string, () => Promise<Record<string, string>>])[] = [
  ['nobody', () => Promise.resolve({})],
  ['a person', () => Promise.resolve({ cookie: setting.bob.cookie })],
  ['an operator', () => Promise.resolve({ cookie: olga.cookie })],
  ...['support-bot', 'payments-api', 'auditor-tool', 'ops-cli'].map(
    (id) =>
      [
        id,
        async () => ({
          authorization: `Bearer ${await new Caller(setting.stage.world, setting.stage.broker.issuer, id).assertion()}`,
        }),
      ] as const,
  ),
];

/** What is wrong with how this operation answers this caller; `null`: nothing. */
async function faultOf(operation: Operation, who: string, proof: Record<string, string>): Promise<string | null> {
  const { url, init } = callOf(operation);
  const from = performance.now();
  const headers = { ...(init.headers as Record<string, string> | undefined), ...proof };
  const response = await fetch(url, { ...init, headers, redirect: 'manual' });
  const text = response.status < 500 ? '' : await response.text();
  if (response.status < 500) await response.body?.cancel();
  const took = performance.now() - from;
  const told = `${who}: ${operation.method} ${operation.path}: ${response.status} after ${Math.round(took)} ms ${text}`;
  if (took > ANSWERED_MS) return told;
  if (response.status < 500) return null;
  const worded = /urn:writ:problem:unavailable|"temporarily_unavailable"/.test(text);
  return response.status === 503 && worded && Number(response.headers.get('retry-after')) >= 1 ? null : told;
}

async function everyFault(): Promise<string[]> {
  const faults: (string | null)[] = [];
  for (const [who, proof] of CALLERS)
    faults.push(...(await Promise.all(operations.map(async (one) => faultOf(one, who, await proof())))));
  return faults.filter((fault) => fault !== null);
}

describe('no route takes a database that cannot serve for a bug, or keeps a caller waiting', () => {
  it.each([
    { what: 'takes no connection', begin: () => setting.proxy.refuse() },
    { what: 'says nothing', begin: () => setting.proxy.swallow('all') },
  ])(
    'when it $what',
    async ({ begin }) => {
      begin();
      expect(await everyFault()).toEqual([]);
    },
    120_000,
  );

  it('when it only reads', async () => {
    const { pool } = setting.stage.world.database;
    await pool.query(`alter database "${database}" set default_transaction_read_only = on`);
    try {
      await endSessions(setting.stage.world);
      expect(await everyFault()).toEqual([]);
    } finally {
      // A connection that the pool opened meanwhile only reads too, unless it is told otherwise.
      await pool.query(`begin read write; alter database "${database}" reset default_transaction_read_only; commit`);
      await endSessions(setting.stage.world);
    }
  }, 120_000);

  it('and none of it was a crash', () => {
    expect(setting.far.logged.filter((line) => line.includes('a request crashed'))).toEqual([]);
  });
});
