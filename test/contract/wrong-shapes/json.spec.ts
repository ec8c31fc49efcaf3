import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { LIMITS } from '#domain/limits.js';
import { readAsk, refundAsk, type Answer } from '../../harness/actors/agent.js';
import { fingerprint } from '../../harness/judges/fingerprint.js';
import { expectProblem, sendRaw } from '../../harness/judges/problem.js';
import { collectedRefund, created, setStage, type Stage } from '../../harness/world/stage.js';

let stage: Stage;
let cookie: string;
let paths: Record<string, { path: string; as: string | null }>;

beforeAll(async () => {
  stage = await setStage(() => undefined, { roles: 'api' });
  const { id } = created(await stage.caller('support-bot').ask(refundAsk()), 202);
  const { grant } = await collectedRefund(stage);
  cookie = (await stage.person('bob')).cookie;
  paths = {
    create: { path: '/v1/escalations', as: 'support-bot' },
    evaluate: { path: '/v1/escalations/evaluate', as: 'support-bot' },
    decisions: { path: `/v1/escalations/${id}/decisions`, as: 'bob' },
    complete: { path: `/v1/grants/${grant}/complete`, as: 'support-bot' },
    revoke: { path: `/v1/grants/${grant}/revoke`, as: 'ops-cli' },
    suspend: { path: '/v1/agents/support-bot/suspend', as: 'ops-cli' },
    sessions: { path: '/v1/sessions', as: null },
    consume: { path: '/v1/tokens/consume', as: 'payments-api' },
  };
});
afterAll(() => stage.close());

async function send(
  route: string,
  body: string | Uint8Array | undefined,
  headers: Record<string, string>,
): Promise<Answer> {
  const { path, as } = paths[route] as { path: string; as: string | null };
  const proof: Record<string, string> =
    as === null ? {} : as === 'bob' ? { cookie } : { authorization: `Bearer ${await stage.caller(as).assertion()}` };
  return sendRaw(stage.broker.issuer + path, 'POST', body, { ...proof, ...headers });
}

async function refusedUnchanged(
  route: string,
  body: string | Uint8Array | undefined,
  headers: Record<string, string>,
  status: number,
  code: string,
): Promise<void> {
  const before = await fingerprint(stage.world.database.pool);
  expectProblem(await send(route, body, headers), status, code);
  expect(await fingerprint(stage.world.database.pool)).toBe(before);
}

const JSON_TYPE = { 'content-type': 'application/json' };
const ASK = JSON.stringify(readAsk());
const inTask = (member: string): string => ASK.replace('"task":{', `"task":{${member},`);
const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);
const ROUTES = ['create', 'evaluate', 'decisions', 'complete', 'revoke', 'suspend', 'sessions', 'consume'];

describe.each(ROUTES)('%s refuses as 400 invalid_request, and changes nothing for, a body that is', (route) => {
  it.each<[string, string | Uint8Array]>([
    ['null', 'null'],
    ['a list', '[]'],
    ['a string', '"x"'],
    ['a number', '1'],
    ['true', 'true'],
    ['cut off', '{"reason":"x"'],
    ['followed by something', '{} {}'],
    ['written with a trailing comma', '{"reason":"x",}'],
    ['written with a comment', '{/* why */"reason":"x"}'],
    ['a key given twice', '{"reason":"x","reason":"y"}'],
    ['a key given twice in two spellings', '{"reason":"x","\\u0072eason":"y"}'],
    ['the prototype', '{"__proto__":{"reason":"x"}}'],
    ['a lone high surrogate', '{"reason":"\\ud800"}'],
    ['a lone low surrogate', '{"reason":"a\\udc00b"}'],
    ['U+0000', '{"reason":"\\u0000"}'],
    ['an integer of 2^53', '{"reason":9007199254740992}'],
    ['an integer of -2^53', '{"reason":-9007199254740992}'],
    ['an integer beyond every double', '{"reason":1e400}'],
    ['17 levels deep', `{"reason":${nested(16)}}`],
    ['100,000 levels deep', nested(100_000)],
    ['2,001 values', `{"reason":[${Array.from({ length: 1_999 }, () => '0').join()}]}`],
    ['behind a byte order mark', Buffer.from('\ufeff{}', 'utf8')],
    ['not UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
    ['an overlong encoding', Buffer.from([0x7b, 0x22, 0xc0, 0xaf, 0x22, 0x3a, 0x31, 0x7d])],
    ['a surrogate in UTF-8', Buffer.from([0x7b, 0x22, 0xed, 0xa0, 0x80, 0x22, 0x3a, 0x31, 0x7d])],
    ['UTF-16', Buffer.from('{}', 'utf16le')],
  ])('%s', async (_name, body) => {
    await refusedUnchanged(route, body, JSON_TYPE, 400, 'invalid_request');
  });
});

describe('one member at fault is enough deep inside a body that is fine otherwise:', () => {
  it.each([
    ['a key given twice', inTask('"description":"a","description":"b"'), '/task/description'],
    ['a lone surrogate', inTask('"description":"\\ud800"'), '/task/description'],
    ['U+0000', inTask('"description":"a\\u0000"'), '/task/description'],
    ['a reserved key', inTask('"__entity":1'), '/task/__entity'],
    ['an integer of 2^53', ASK.replace('"task"', '"requested_ttl":9007199254740992,"task"'), '/requested_ttl'],
  ])('%s', async (_name, text, pointer) => {
    const got = await send('create', text, JSON_TYPE);
    expectProblem(got, 400, 'invalid_request');
    expect(got.body).toMatchObject({ errors: [{ pointer }] });
  });
});

describe.each(ROUTES)('%s, by size and media type:', (route) => {
  const whole = (bytes: number): string => '{"surprise":1}'.padEnd(bytes, ' ');

  it('256 KiB are read, one byte more is 413 too_large_body', async () => {
    await refusedUnchanged(route, whole(LIMITS.bodyBytesMax), JSON_TYPE, 400, 'unknown_field');
    await refusedUnchanged(route, whole(LIMITS.bodyBytesMax + 1), JSON_TYPE, 413, 'too_large_body');
  });

  it.each([
    ['text/plain', 'text/plain'],
    ['a form', 'application/x-www-form-urlencoded'],
    ['multipart', 'multipart/form-data; boundary=x'],
    ['a JSON patch', 'application/json-patch+json'],
    ['JSON with a suffix', 'application/jsonp'],
    ['XML', 'application/xml'],
    ['nothing a media type looks like', 'json'],
    ['no media type', undefined],
  ])('%s is refused', async (_name, type) => {
    const headers: Record<string, string> = type === undefined ? {} : { 'content-type': type };
    // Beside a session cookie another type is how a foreign page would post.
    const [status, code] = paths[route]?.as === 'bob' ? [403, 'csrf'] : [415, 'unsupported_media_type'];
    await refusedUnchanged(route, '{"surprise":1}', headers, status as number, code as string);
  });

  it('JSON with a charset is JSON', async () => {
    await refusedUnchanged(
      route,
      '{"surprise":1}',
      { 'content-type': 'application/json; charset=utf-8' },
      400,
      'unknown_field',
    );
    await refusedUnchanged(route, '{"surprise":1}', { 'content-type': 'Application/JSON' }, 400, 'unknown_field');
  });
});

it('JSON alone is taken, and no answer may be stored, however the path is spelled', async () => {
  const { port } = new URL(stage.broker.issuer);
  for (const path of ['/%761/tokens/consume', `${stage.broker.issuer}/v1/tokens/consume`]) {
    const call = async (type: string, body: string): Promise<[number?, string?]> => {
      const authorization = `Bearer ${await stage.caller('payments-api').assertion()}`;
      return new Promise((resolve, reject) => {
        const headers = { host: `localhost:${port}`, authorization, 'content-type': type };
        const sent = request({ host: '127.0.0.1', port, path, method: 'POST', headers }, (got) => {
          got.resume().on('end', () => resolve([got.statusCode, got.headers['cache-control']]));
        });
        sent.on('error', reject).end(body);
      });
    };
    expect(await call('application/x-www-form-urlencoded', 'token=x&action=%00&call_id=c')).toEqual([415, 'no-store']);
    const body = JSON.stringify({ token: 'x', action: 'payment.read', call_id: 'c' });
    expect(await call('application/json', body)).toEqual([200, 'no-store']);
  }
});

it('a body is needed where one has members to hold', async () => {
  for (const route of ROUTES.filter((name) => name !== 'suspend')) {
    await refusedUnchanged(route, undefined, JSON_TYPE, 400, 'invalid_request');
    await refusedUnchanged(route, '', JSON_TYPE, 400, 'invalid_request');
  }
});

describe('there is nothing', () => {
  it.each([
    ...['PUT', 'PATCH', 'DELETE', 'GET'].flatMap((method) =>
      [
        '/v1/tokens/consume',
        '/v1/sessions',
        '/v1/escalations',
        '/v1/escalations/x/decisions',
        '/v1/grants/x/complete',
        '/v1/agents/support-bot/suspend',
      ].map((path) => [method, path] as const),
    ),
    ...['PUT', 'PATCH', 'DELETE', 'POST'].flatMap((method) =>
      [
        '/v1/grants',
        '/v1/requestable',
        '/v1/audit/events',
        '/oauth/jwks',
        '/healthz',
        '/.well-known/oauth-authorization-server',
      ].map((path) => [method, path] as const),
    ),
    ...['GET', 'PUT', 'DELETE'].flatMap((method) =>
      ['/oauth/token', '/oauth/introspect', '/oauth/revoke'].map((path) => [method, path] as const),
    ),
    ...[
      '/v1',
      '/v1/',
      '/v1/nothing',
      '/v1/grants/',
      '/V1/requestable',
      '/v1/requestable/',
      '/v2/escalations',
      '/oauth',
      '/oauth/nothing',
      '/admin',
      '/.env',
      '/v1/grants/x/y/z',
    ].map((path) => ['GET', path] as const),
  ])('at %s %s', async (method, path) => {
    const before = await fingerprint(stage.world.database.pool);
    const authorization = `Bearer ${await stage.caller('support-bot').assertion()}`;
    const got = await sendRaw(stage.broker.issuer + path, method, method === 'GET' ? undefined : '{}', {
      authorization,
      ...(method === 'GET' ? {} : { 'content-type': 'application/json' }),
    });
    // What lies under /oauth/ says it in the words of OAuth.
    if (path.startsWith('/oauth/'))
      expect(got).toMatchObject({
        status: 404,
        body: { error: 'invalid_request', error_description: expect.any(String) },
      });
    else expectProblem(got, 404, 'not_found');
    expect(await fingerprint(stage.world.database.pool)).toBe(before);
  });
});
