import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { freePort } from '../harness/brokers/broker.js';
import { setStage, type Stage } from '../harness/world/stage.js';
import { until } from '../harness/judges/until.js';
import type { Config } from '../harness/world/world.js';

/** Tokens of five seconds, and a sign of life every five: as hard as a resource can make it. */
const hard = (config: Config): void => {
  Object.assign(config.resources[0] as object, { max_token_ttl: 5 });
  Object.assign((config.resources[0]?.['actions'] as Record<string, object>)['payment.read'] as object, {
    heartbeat: 5,
  });
};

/** An agent that works until its input ends, with the functions of the example. */
const PROGRAM = `
import { once } from 'node:events';
import { withGrant } from ${JSON.stringify(pathToFileURL(resolve('docs/examples/agent.mjs')).href)};
const ask = {
  resource: 'https://payments.example',
  authorization_details: [{ type: 'tool_call', actions: ['payment.read'] }],
  requested_ttl: 300,
  task: { id: 'run-1' },
};
await withGrant(ask, async (token) => {
  console.log('at work ' + (await token()));
  process.stdin.resume();
  await once(process.stdin, 'end');
  console.log('done ' + (await token()));
});
`;

describe('the example agent', () => {
  const folder = mkdtempSync(join(tmpdir(), 'writ-example-'));
  let stage: Stage;
  let front: Front;
  const agents: ChildProcess[] = [];

  beforeAll(async () => {
    const port = await freePort();
    front = await losingAnswersOf(port);
    stage = await setStage(hard, { port, extra: { WRIT_ISSUER: front.origin } });
    writeFileSync(join(folder, 'program.mjs'), PROGRAM);
    const { privateKey, kid } = stage.world.keys['support-bot'] as Stage['world']['keys'][string];
    writeFileSync(join(folder, 'key.json'), JSON.stringify({ ...privateKey.export({ format: 'jwk' }), kid }));
  });
  afterAll(async () => {
    for (const agent of agents) agent.kill('SIGKILL');
    await stage?.close();
    await front?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('is heard of while it works, renews its tokens, and ends its grant once: though each answer is lost once', async () => {
    const agent = spawn(process.execPath, [join(folder, 'program.mjs')], {
      env: {
        PATH: process.env['PATH'],
        WRIT_ISSUER: front.origin,
        WRIT_AGENT: 'support-bot',
        WRIT_KEY: join(folder, 'key.json'),
      },
    });
    agents.push(agent);
    let printed = '';
    for (const stream of [agent.stdout, agent.stderr])
      stream.on('data', (bytes: Buffer) => (printed += bytes.toString()));
    const gone = new Promise<number | null>((done) => agent.once('exit', done));
    const [, first = ''] = await until('its first token', () => /^at work (\S+)$/m.exec(printed), 30_000);
    const { grant_id: grant } = claimsOf(first);
    const silence = async (): Promise<string> =>
      (await stage.caller('auditor-tool').get(`/v1/grants/${String(grant)}`)).body.grant.silent_at;
    const before = await silence();
    await until('a sign of life', async () => (await silence()) > before, 30_000);
    agent.stdin.end();
    expect({ code: await gone, printed }).toMatchObject({ code: 0 });
    const [, last = ''] = /^done (\S+)$/m.exec(printed) ?? [];
    expect(claimsOf(last)).toMatchObject({ grant_id: grant });
    expect(claimsOf(last)['jti']).not.toBe(claimsOf(first)['jti']);

    expect(front.lost).toEqual(
      expect.arrayContaining([
        'POST /v1/escalations',
        'POST /oauth/token',
        `POST /v1/grants/${String(grant)}/complete`,
      ]),
    );
    const { items } = (await stage.caller('auditor-tool').get('/v1/grants')).body as { items: unknown[] };
    expect(items).toHaveLength(1);
    const story = (await stage.caller('auditor-tool').get(`/v1/grants/${String(grant)}`)).body;
    expect(story).toMatchObject({ grant: { status: 'completed', end_reason: 'done' } });
    const ends = (story.events as { type: string }[]).filter(({ type }) => type === 'grant.completed');
    expect(ends).toHaveLength(1);
  }, 60_000);
});

function claimsOf(jwt: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;
}

interface Front {
  readonly origin: string;
  /** Routes whose answer was lost. */
  readonly lost: readonly string[];
  close(): Promise<void>;
}

/** Stands before a broker: of each route the first answer is lost, and the second call is told to come back. */
async function losingAnswersOf(port: number): Promise<Front> {
  const seen = new Map<string, number>();
  const lost: string[] = [];
  const serve = (asked: IncomingMessage, answer: ServerResponse): void => {
    const route = `${asked.method ?? ''} ${asked.url ?? ''}`;
    const times = (seen.get(route) ?? 0) + 1;
    seen.set(route, times);
    if (times === 2) {
      asked.resume();
      answer.writeHead(503, { 'retry-after': '0' }).end('<h1>Bad day</h1>');
      return;
    }
    const { method, headers, url: path } = asked;
    const passed = request({ host: '127.0.0.1', port, method, path, headers }, (given) => {
      if (times > 1) return void given.pipe(answer.writeHead(given.statusCode ?? 500, given.headers));
      lost.push(route);
      given.resume().once('end', () => answer.destroy());
    });
    passed.once('error', () => answer.destroy());
    asked.pipe(passed);
  };
  const server: Server = createServer(serve);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    origin: `http://localhost:${(server.address() as AddressInfo).port}`,
    lost,
    close: () =>
      new Promise((done) => {
        server.closeAllConnections();
        server.close(() => done());
      }),
  };
}
