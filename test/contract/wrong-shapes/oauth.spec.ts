import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { LIMITS } from '#domain/limits.js';
import { DEFERRED, refundAsk, type Answer } from '../../harness/actors/agent.js';
import { fingerprint } from '../../harness/judges/fingerprint.js';
import { sendRaw } from '../../harness/judges/problem.js';
import { approvedRefund, created, setStage, type Stage } from '../../harness/world/stage.js';

const FORM = 'application/x-www-form-urlencoded';
const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

let stage: Stage;
let code: string;

beforeAll(async () => {
  stage = await setStage(() => undefined, { roles: 'api' });
  ({ code } = await approvedRefund(stage));
});
afterAll(() => stage.close());

const proofOf = async (id: string): Promise<Record<string, string>> => ({
  client_assertion_type: JWT_BEARER,
  client_assertion: await stage.caller(id).assertion(),
});

function post(
  path: string,
  body: string | Uint8Array | undefined,
  headers: Record<string, string> = { 'content-type': FORM },
): Promise<Answer> {
  return sendRaw(stage.broker.issuer + path, 'POST', body, headers);
}

const form = (parameters: Record<string, string>, rest = ''): string =>
  new URLSearchParams(parameters).toString() + rest;

/** RFC 6749 section 5.2, and never a problem document. */
async function refusedUnchanged(send: () => Promise<Answer>, status: number, error: string): Promise<void> {
  const before = await fingerprint(stage.world.database.pool);
  const got = await send();
  expect(got.body).toEqual({ error, error_description: expect.stringMatching(/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/) });
  expect(got.status).toBe(status);
  expect(got.headers.get('content-type')).toMatch(/^application\/json/);
  expect(got.headers.get('cache-control')).toBe('no-store');
  expect(await fingerprint(stage.world.database.pool)).toBe(before);
}

const ENDPOINTS = ['/oauth/token', '/oauth/introspect', '/oauth/revoke'];

describe.each(ENDPOINTS)('%s refuses in the words of OAuth', (path) => {
  const own = (): Record<string, string> =>
    path === '/oauth/token' ? { grant_type: DEFERRED, deferral_code: code } : { token: 'x.y.z' };

  it.each<[string, (proof: Record<string, string>) => string, number, string]>([
    [
      'a parameter sent twice',
      (proof) => form({ ...own(), ...proof }, '&client_id=support-bot&client_id=support-bot'),
      400,
      'invalid_request',
    ],
    ['an unknown parameter sent twice', (proof) => form({ ...own(), ...proof }, '&x=1&x=2'), 400, 'invalid_request'],
    [
      '65 parameters',
      (proof) => form({ ...own(), ...proof }, Array.from({ length: 65 }, (_, index) => `&p${index}=1`).join('')),
      400,
      'invalid_request',
    ],
    ['a null character', (proof) => form({ ...own(), ...proof, x: '\0' }), 400, 'invalid_request'],
    ['nobody who proves anything', () => form(own()), 401, 'invalid_client'],
    [
      'an assertion without its type',
      (proof) => form({ ...own(), client_assertion: proof['client_assertion'] ?? '' }),
      400,
      'invalid_request',
    ],
    [
      'a type without its assertion',
      () => form({ ...own(), client_assertion_type: JWT_BEARER }),
      400,
      'invalid_request',
    ],
    [
      'an assertion of another type',
      (proof) =>
        form({ ...own(), ...proof, client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:saml2-bearer' }),
      401,
      'invalid_client',
    ],
    ['an assertion and a secret', (proof) => form({ ...own(), ...proof, client_secret: 'x' }), 400, 'invalid_request'],
    [
      'a secret in the body',
      () => form({ ...own(), client_id: 'payments-api', client_secret: 'x' }),
      401,
      'invalid_client',
    ],
    [
      'a client_id that did not sign',
      (proof) => form({ ...own(), ...proof, client_id: 'rival-bot' }),
      401,
      'invalid_client',
    ],
    [
      'a body larger than 256 KiB',
      (proof) => form({ ...own(), ...proof, padding: 'x'.repeat(LIMITS.bodyBytesMax) }),
      413,
      'invalid_request',
    ],
  ])('%s', async (_name, body, status, error) => {
    const text = body(await proofOf('support-bot'));
    await refusedUnchanged(() => post(path, text), status, error);
  });

  it.each([
    ['JSON', 'application/json', () => JSON.stringify(own())],
    ['broken JSON', 'application/json', () => '{'],
    ['plain text', 'text/plain', () => form(own())],
    ['multipart', 'multipart/form-data; boundary=x', () => '--x--'],
    ['an unnamed type', undefined, () => form(own())],
  ])('a body in %s', async (_name, type, body) => {
    const before = await fingerprint(stage.world.database.pool);
    const got = await post(path, body(), type === undefined ? {} : { 'content-type': type });
    expect([400, 415]).toContain(got.status);
    expect(got.body).toMatchObject({ error: 'invalid_request' });
    expect(got.body).not.toHaveProperty('type');
    expect(await fingerprint(stage.world.database.pool)).toBe(before);
  });

  it('broken JSON, however the path is spelled', () =>
    refusedUnchanged(
      () => post(path.replace('o', '%6f'), '{', { 'content-type': 'application/json' }),
      400,
      'invalid_request',
    ));

  it('no body at all', () => refusedUnchanged(() => post(path, undefined, {}), 401, 'invalid_client'));

  it('bytes that are no text, without falling over', async () => {
    const got = await post(path, Buffer.from([0x67, 0x3d, 0xff, 0xfe, 0x00, 0x26, 0x25, 0x7a]));
    expect(got.body).toMatchObject({ error: expect.stringMatching(/^invalid_(client|request)$/) });
  });

  it('an Authorization header beside an assertion', async () => {
    const proof = await proofOf('support-bot');
    await refusedUnchanged(
      () =>
        post(path, form({ ...own(), ...proof }), {
          'content-type': FORM,
          authorization: `Basic ${btoa('payments-api:x')}`,
        }),
      400,
      'invalid_request',
    );
  });
});

describe('the token endpoint refuses', () => {
  it.each<[string, string, Record<string, string>, string]>([
    ['no grant_type', 'support-bot', { deferral_code: 'x' }, 'invalid_request'],
    ['an empty grant_type', 'support-bot', { grant_type: '', deferral_code: 'x' }, 'invalid_request'],
    ['client credentials that ask for nothing', 'support-bot', { grant_type: 'client_credentials' }, 'invalid_request'],
    ['a password', 'support-bot', { grant_type: 'password', username: 'x', password: 'y' }, 'unsupported_grant_type'],
    [
      'a device code',
      'support-bot',
      { grant_type: 'urn:ietf:params:oauth:grant-type:device_code', device_code: 'x' },
      'unsupported_grant_type',
    ],
    ['the name of an inherited property', 'support-bot', { grant_type: 'constructor' }, 'unsupported_grant_type'],
    ['no deferral_code', 'support-bot', { grant_type: DEFERRED }, 'invalid_request'],
    ['an empty deferral_code', 'support-bot', { grant_type: DEFERRED, deferral_code: '' }, 'invalid_request'],
    ['an unknown deferral_code', 'support-bot', { grant_type: DEFERRED, deferral_code: 'x' }, 'invalid_grant'],
    ['a resource server', 'payments-api', { grant_type: DEFERRED, deferral_code: 'x' }, 'invalid_grant'],
    ['a resource server without a code', 'payments-api', { grant_type: DEFERRED }, 'invalid_request'],
  ])('%s', async (_name, id, parameters, error) => {
    const proof = await proofOf(id);
    await refusedUnchanged(() => post('/oauth/token', form({ ...parameters, ...proof })), 400, error);
  });

  it('a code in the hands of a resource server as it does one that nobody has', async () => {
    const redeemBy = async (id: string, deferral_code: string): Promise<Answer> =>
      post('/oauth/token', form({ grant_type: DEFERRED, deferral_code, ...(await proofOf(id)) }));
    const { status, body } = await redeemBy('support-bot', 'x');
    expect(await redeemBy('payments-api', code)).toMatchObject({ status, body });
    expect(body).toMatchObject({ error: 'invalid_grant' });
  });

  it('an Idempotency-Key that cannot be used', async () => {
    const proof = await proofOf('support-bot');
    const body = form({ grant_type: DEFERRED, deferral_code: code, ...proof });
    await refusedUnchanged(
      () => post('/oauth/token', body, { 'content-type': FORM, 'idempotency-key': 'two words' }),
      400,
      'invalid_request',
    );
  });

  it('to say more than pending, how often to ask, and no challenge', async () => {
    const { continuation } = created(await stage.caller('support-bot').ask(refundAsk('pending')), 202);
    const got = await stage.caller('support-bot').redeem(continuation.deferral_code);
    expect(got.status).toBe(400);
    expect(got.headers.get('www-authenticate')).toBeNull();
    expect(got.body).toEqual({ error: 'authorization_pending', error_description: expect.any(String), interval: 2 });
  });
});

it.each(['/oauth/introspect', '/oauth/revoke'])('%s refuses a request without a token', async (path) => {
  const proof = await proofOf('support-bot');
  await refusedUnchanged(() => post(path, form(proof)), 400, 'invalid_request');
  const again = await proofOf('support-bot');
  await refusedUnchanged(() => post(path, form({ token: '', ...again })), 400, 'invalid_request');
});

describe('where nothing answers under /oauth/, what is said is OAuth’s too', () => {
  it.each([
    ['GET', '/oauth/token', 404],
    ['PUT', '/oauth/introspect', 404],
    ['POST', '/oauth/jwks', 404],
    ['POST', '/oauth/token/', 404],
    ['POST', '/oauth/bc-authorize', 404],
    ['POST', '/oauth/token%00', 404],
    ['POST', '/oauth/%zz', 400],
  ])('%s %s: %i', (method, path, status) =>
    refusedUnchanged(() => sendRaw(stage.broker.issuer + path, method, undefined, {}), status, 'invalid_request'),
  );
});
