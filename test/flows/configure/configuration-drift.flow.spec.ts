import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { readAsk } from '../../harness/actors/agent.js';
import { applyConfig } from '../../harness/world/apply.js';
import { startTestBroker, type Broker } from '../../harness/brokers/broker.js';
import { setStage, type Stage } from '../../harness/world/stage.js';
import { until } from '../../harness/judges/until.js';
import { BASE_POLICIES } from '../../harness/world/world.js';

let stage: Stage;

const TIGHTER = BASE_POLICIES.replace('@max_ttl("600")', '@max_ttl("60")').replace('@max_ttl("200")', '@max_ttl("20")');

beforeAll(async () => {
  stage = await setStage();
}, 60_000);
afterAll(() => stage?.close());

interface Got {
  readonly status: number;
  readonly body: any; // eslint-disable-line @typescript-eslint/no-explicit-any -- read by path
  readonly text: string;
}

/** A bare GET, so that headers are exactly those given. */
function get(
  path: string,
  headers: Record<string, string> = {},
  broker: Pick<Broker, 'base'> = stage.broker,
): Promise<Got> {
  const { port } = new URL(broker.base);
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path, headers: { host: `127.0.0.1:${port}`, ...headers } }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        const isJson = (response.headers['content-type'] ?? '').includes('json');
        resolve({ status: response.statusCode ?? 0, text, body: isJson ? JSON.parse(text) : null });
      });
    })
      .on('error', reject)
      .end();
  });
}

const warned = (broker: Broker): string[] =>
  broker.logged.filter((line) => line.includes('"level":"warn"') && line.includes('folder'));
const drifts = async (broker: Broker): Promise<string> =>
  /^writ_configuration_drift (\S+)$/m.exec((await get('/metrics', {}, broker)).text)?.[1] ?? '';

describe('a configuration folder that is in force', () => {
  it('is said to be by the details, and nothing else says a word', async () => {
    const { status, body } = await get('/readyz?verbose');
    expect(status).toBe(200);
    expect(body).toMatchObject({ status: 'ok', configuration: { drift: 'none', checked_at: expect.any(String) } });
    expect(body.configuration.folder).toBe(body.configuration.in_force);
    expect(warned(stage.broker)).toEqual([]);
    expect(await drifts(stage.broker)).toBe('0');
    expect((await get('/readyz')).body).toEqual({ status: 'ok' });
  });
});

describe('a configuration folder that is edited under a running broker', () => {
  it('is told within seconds, by name, in log, metric and details, until it is applied', async () => {
    stage.world.writeConfig(() => undefined, TIGHTER);
    await until('the metric says so', async () => (await drifts(stage.broker)) === '1', 20_000);
    const { configuration } = (await get('/readyz?verbose')).body;
    expect(configuration).toMatchObject({
      drift: 'differs',
      detail: `folder ${configuration.folder} is not in force: 2 policies differ (reads, refunds); run \`writ apply\``,
    });
    expect(warned(stage.broker)).toHaveLength(1);
    expect(warned(stage.broker)[0]).toContain('2 policies differ (reads, refunds)');
    // Once, however often it is looked at.
    await get('/readyz?verbose');
    expect(warned(stage.broker)).toHaveLength(1);
    // What is in force decides as before.
    expect((await stage.caller('support-bot').ask(readAsk())).body.status).toBe('approved');

    await applyConfig(stage.world, () => undefined, TIGHTER);
    await until('it is in force', async () => (await drifts(stage.broker)) === '0', 20_000);
    expect((await get('/readyz?verbose')).body.configuration.drift).toBe('none');
  });

  it('is told with every fault by file and line where it could not be applied', async () => {
    const path = join(stage.world.configDir, 'policies', 'broken.cedar');
    writeFileSync(path, '\n@id("x") @outcome("maybe") permit (principal, action, resource);\n');
    try {
      expect((await get('/readyz?verbose')).body.configuration).toMatchObject({
        drift: 'unreadable',
        folder: null,
        detail: expect.stringContaining('broken.cedar:2 policy "x"'),
      });
    } finally {
      rmSync(path);
    }
    expect((await get('/readyz?verbose')).body.configuration.drift).toBe('none');
  });

  it('is told when somebody applies another one', async () => {
    const [writ, cedar] = ['writ.yaml', 'policies/all.cedar'].map((file) => join(stage.world.configDir, file));
    const before = [writ, cedar].map((file) => readFileSync(file ?? ''));
    await applyConfig(
      stage.world,
      ({ people }) => void people.push({ id: 'zoe', roles: ['auditor'], slack: [] } as never),
    );
    [writ, cedar].forEach((file, index) => writeFileSync(file ?? '', before[index] ?? ''));
    expect((await get('/readyz?verbose')).body.configuration).toMatchObject({
      drift: 'differs',
      detail: expect.stringContaining('1 person differs (zoe)'),
    });
    await applyConfig(stage.world, () => undefined, TIGHTER);
  });
});

describe('a broker that starts', () => {
  const started = async (WRIT_CONFIG: string | undefined, look: (broker: Broker) => Promise<void>): Promise<void> => {
    const broker = await startTestBroker(stage.world, {
      slackOff: true,
      roles: 'api',
      extra: { WRIT_CONFIG } as Record<string, string>,
    });
    try {
      await look(broker);
    } finally {
      await broker.close();
    }
  };

  it('with a folder that does not exist serves what is in force, and says so loudly', async () => {
    await started(join(stage.world.configDir, 'nowhere'), async (broker) => {
      expect(warned(broker)).toHaveLength(1);
      expect(warned(broker)[0]).toMatch(/cannot be applied.*WRIT_CONFIG: must name a folder/);
      expect(await drifts(broker)).toBe('1');
      expect((await get('/readyz', {}, broker)).body).toEqual({ status: 'ok' });
      expect((await get('/readyz?verbose', {}, broker)).body.configuration.drift).toBe('unreadable');
    });
  });

  it('with a folder that is not in force says so before it serves', async () => {
    stage.world.writeConfig(() => undefined);
    await started(stage.world.configDir, async (broker) => expect(warned(broker)).toHaveLength(1));
    stage.world.writeConfig(() => undefined, TIGHTER);
  });

  it('without a folder of its own compares none: the sample is nobody’s wish', async () => {
    await started(undefined, async (broker) => {
      expect([warned(broker), await drifts(broker)]).toEqual([[], '0']);
      expect((await get('/readyz?verbose', {}, broker)).body.configuration).toMatchObject({
        drift: 'not_compared',
        folder: null,
      });
    });
  });
});

describe('who may read the details', () => {
  const through = { 'x-forwarded-for': '203.0.113.9' };

  it('not a stranger behind a proxy, who still gets the probe', async () => {
    expect((await get('/readyz?verbose', through)).status).toBe(401);
    expect((await get('/readyz?verbose=0', { host: 'writ.example' })).status).toBeGreaterThanOrEqual(400);
    expect((await get('/readyz', through)).body).toEqual({ status: 'ok' });
  });

  it('operators, clients and people, and nobody else', async () => {
    const client = async (id: string): Promise<number> =>
      (await get('/readyz?verbose', { ...through, authorization: `Bearer ${await stage.caller(id).assertion()}` }))
        .status;
    const person = async (id: string): Promise<number> =>
      (await get('/readyz?verbose', { ...through, cookie: (await stage.person(id)).cookie })).status;
    expect([await client('ops-cli'), await client('auditor-tool'), await client('support-bot')]).toEqual([
      200, 403, 403,
    ]);
    expect([await person('olga'), await person('bob')]).toEqual([200, 403]);
  });
});
