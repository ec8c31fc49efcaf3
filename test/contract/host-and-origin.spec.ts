import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setStage, type Stage } from '../harness/world/stage.js';

let stage: Stage;
let cookie: string;

beforeAll(async () => {
  stage = await setStage(() => undefined, { roles: 'api', extra: { WRIT_ISSUER: 'https://writ.example' } });
  ({ cookie } = await stage.person('olga'));
});
afterAll(() => stage.close());

/** What fetch would not send: a Host of our choosing. */
function send(method: string, path: string, headers: Record<string, string>): Promise<number> {
  const { port } = new URL(stage.broker.base);
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, method, path, headers }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0));
    });
    sent.on('error', reject).end(method === 'GET' ? undefined : '{}');
  });
}
const here = (): string => new URL(stage.broker.base).port;

describe('a Host header', () => {
  it.each([
    ['the issuer', () => 'writ.example'],
    ['the issuer with the port of https', () => 'writ.example:443'],
    ['the issuer in capitals', () => 'WRIT.Example'],
    ['the issuer with the dot of the root', () => 'writ.example.'],
    ['all of it', () => 'Writ.Example.:443'],
    ['the issuer with an empty port', () => 'writ.example:'],
    ['the listen address', () => `127.0.0.1:${here()}`],
    ['this machine', () => `LOCALHOST.:${here()}`],
    ['this machine in IPv6', () => `[::1]:${here()}`],
    ['this machine in IPv6 at length', () => `[0:0:0:0:0:0:0:1]:${here()}`],
  ])('that names %s is of this broker', async (_what, host) => {
    expect(await send('GET', '/v1/sessions/current', { host: host(), cookie })).toBe(200);
    expect(await send('GET', '/oauth/jwks', { host: host() })).toBe(200);
  });

  it.each([
    ['another port', () => 'writ.example:8443'],
    ['the port of http', () => 'writ.example:80'],
    ['a name below', () => 'x.writ.example'],
    ['a name around', () => 'writ.example.evil.example'],
    ['two dots', () => 'writ.example..'],
    ['two ports', () => 'writ.example:443:443'],
    ['a user', () => 'evil@writ.example'],
    ['a path', () => 'writ.example/x'],
    ['two hosts', () => 'writ.example, evil.example'],
    ['percent-encoding', () => 'writ%2Eexample'],
    ['this machine without its port', () => 'localhost'],
    ['this machine as a number', () => `2130706433:${here()}`],
  ])('that names %s is of another', async (_what, host) => {
    expect(await send('GET', '/v1/sessions/current', { host: host(), cookie })).toBe(400);
  });
});

describe('an Origin header beside a cookie', () => {
  const from = (origin: string): Promise<number> =>
    send('POST', '/v1/agents/nobody-bot/suspend', {
      host: 'writ.example',
      cookie,
      'content-type': 'application/json',
      origin,
    });

  it.each(['https://writ.example', 'https://writ.example:443', 'https://WRIT.example', 'https://writ.example.'])(
    '%s is of this broker',
    async (origin) => {
      expect(await from(origin)).toBe(404);
    },
  );

  it.each([
    'http://writ.example',
    'http://writ.example:443',
    'https://writ.example:8443',
    'https://x.writ.example',
    'https://writ.example.evil.example',
    'https://writ.example/',
    'https://evil@writ.example',
    'null',
    '',
  ])('%j is of another', async (origin) => {
    expect(await from(origin)).toBe(403);
  });
});
