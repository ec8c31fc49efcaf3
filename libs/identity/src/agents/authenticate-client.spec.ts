import { generateKeyPairSync } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { SignJWT } from 'jose';
import { fail } from './authentication-failure.js';
import { ClientAuthenticator, type ClientProof } from './authenticate-client.js';
import { hashSecret, SecretVerifier } from './client-secret.js';
import { MemoryLedger, MemoryRegistrations } from '../testing/memory-callers.js';

const issuer = 'https://writ.example';
const now = 1_800_000_000;
const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const jwks = { kind: 'jwks', keys: [publicKey.export({ format: 'jwk' })] } as const;
const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

let hash = '';
beforeAll(async () => {
  hash = await hashSecret('s3cret');
});

function door(secrets = new SecretVerifier()) {
  const ledger = new MemoryLedger();
  const registrations = new MemoryRegistrations([
    { kind: 'agent', id: 'support-bot', auth: jwks, suspended: false },
    { kind: 'agent', id: 'sleeper', auth: jwks, suspended: true },
    { kind: 'agent', id: 'odd-bot', auth: { kind: 'secret_hash', hash }, suspended: false },
    { kind: 'client', id: 'payments-api', auth: { kind: 'secret_hash', hash }, suspended: false },
    { kind: 'client', id: 'ledger-api', auth: jwks, suspended: false },
  ]);
  return {
    ledger,
    authenticator: new ClientAuthenticator(
      registrations,
      ledger,
      secrets,
      { issuer, nowSeconds: () => now },
      workloads,
    ),
  };
}

const workloads = { prove: async () => fail('invalid_client', 'unknown_workload', 'no workload has these claims') };

let serial = 0;
function assertionOf(id: string, change = {}): Promise<string> {
  serial += 1;
  return new SignJWT({ iss: id, sub: id, aud: issuer, jti: `j-${serial}`, iat: now, exp: now + 60, ...change })
    .setProtectedHeader({ alg: 'ES256' })
    .sign(privateKey);
}
const basic = (id: string, secret: string) => `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
const refused = (error: string) => expect.objectContaining({ failed: true, error });

describe('a form request', () => {
  const form = async (id: string, more = {}): Promise<ClientProof> => ({
    bodyParams: { client_assertion: await assertionOf(id), client_assertion_type: JWT_BEARER, ...more },
  });

  it('is an agent’s or a client’s by its assertion', async () => {
    const { authenticator } = door();
    expect(await authenticator.authenticate(await form('support-bot'))).toEqual({
      kind: 'agent',
      id: 'support-bot',
      suspended: false,
    });
    expect(await authenticator.authenticate(await form('ledger-api'))).toMatchObject({ kind: 'client' });
  });

  it('is a client’s by HTTP Basic', async () => {
    const { authenticator } = door();
    const proof = { authorizationHeader: basic('payments-api', 's3cret'), bodyParams: {} };
    expect(await authenticator.authenticate(proof)).toEqual({ kind: 'client', id: 'payments-api', suspended: false });
  });

  it('tells that an agent is suspended and leaves the rest to the use case', async () => {
    expect(await door().authenticator.authenticate(await form('sleeper'))).toMatchObject({ suspended: true });
  });

  it('may repeat its client_id and not claim another', async () => {
    const { authenticator, ledger } = door();
    expect(await authenticator.authenticate(await form('support-bot', { client_id: 'support-bot' }))).toMatchObject({
      id: 'support-bot',
    });
    ledger.used.clear();
    expect(await authenticator.authenticate(await form('support-bot', { client_id: 'ledger-api' }))).toEqual(
      refused('invalid_client'),
    );
    expect(ledger.used.size).toBe(0);
    const header = basic('payments-api', 's3cret');
    const claimed = { authorizationHeader: header, bodyParams: { client_id: 'support-bot' } };
    expect(await authenticator.authenticate(claimed)).toEqual(refused('invalid_client'));
  });

  it.each<[string, string, () => Promise<ClientProof>]>([
    ['invalid_client', 'no proof', async () => ({ bodyParams: {} })],
    ['invalid_client', 'only a client_id', async () => ({ bodyParams: { client_id: 'payments-api' } })],
    [
      'invalid_client',
      'its secret in the body',
      async () => ({ bodyParams: { client_id: 'payments-api', client_secret: 's3cret' } }),
    ],
    [
      'invalid_client',
      'a wrong secret',
      async () => ({ authorizationHeader: basic('payments-api', 'no'), bodyParams: {} }),
    ],
    [
      'invalid_client',
      'an unknown id',
      async () => ({ authorizationHeader: basic('nobody', 's3cret'), bodyParams: {} }),
    ],
    [
      'invalid_client',
      'an id that is none',
      async () => ({ authorizationHeader: basic('../x', 's3cret'), bodyParams: {} }),
    ],
    [
      'invalid_client',
      'a secret where a key is registered',
      async () => ({ authorizationHeader: basic('ledger-api', 's3cret'), bodyParams: {} }),
    ],
    [
      'invalid_client',
      'a secret of an agent',
      async () => ({ authorizationHeader: basic('odd-bot', 's3cret'), bodyParams: {} }),
    ],
    ['invalid_client', 'an assertion where a secret is registered', () => form('payments-api')],
    ['invalid_client', 'another assertion type', () => form('support-bot', { client_assertion_type: 'urn:x' })],
    [
      'invalid_client',
      'a bearer header',
      async () => ({ authorizationHeader: `Bearer ${await assertionOf('support-bot')}`, bodyParams: {} }),
    ],
    [
      'invalid_request',
      'an assertion without its type',
      () => form('support-bot', { client_assertion_type: undefined }),
    ],
    ['invalid_request', 'a type without an assertion', () => form('support-bot', { client_assertion: undefined })],
    [
      'invalid_request',
      'Basic and an assertion',
      async () => ({ ...(await form('support-bot')), authorizationHeader: basic('payments-api', 's3cret') }),
    ],
    [
      'invalid_request',
      'Basic and a secret in the body',
      async () => ({ authorizationHeader: basic('payments-api', 's3cret'), bodyParams: { client_secret: 's3cret' } }),
    ],
    ['invalid_request', 'an assertion and a secret', () => form('support-bot', { client_secret: 's3cret' })],
  ])('is refused as %s with %s', async (error, _, proof) => {
    expect(await door().authenticator.authenticate(await proof())).toEqual(refused(error));
  });

  it('is told to come back when too many secrets wait', async () => {
    const finish: (() => void)[] = [];
    const held = new SecretVerifier(() => new Promise((resolve) => finish.push(() => resolve(false))));
    const { authenticator } = door(held);
    const tries = Array.from({ length: 140 }, (_, i) =>
      authenticator.authenticate({
        authorizationHeader: basic('payments-api', `no ${i}`.replace(' ', '-')),
        bodyParams: {},
      }),
    );
    for (let i = 0; i < 130; i += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      finish[i]?.();
    }
    const errors = (await Promise.all(tries)).map((answer) => ('error' in answer ? answer.error : 'none'));
    expect(errors.filter((error) => error === 'busy')).toHaveLength(10);
    expect(errors.filter((error) => error === 'invalid_client')).toHaveLength(130);
  });
});

describe('a REST request', () => {
  it('is an agent’s by Bearer, and a client’s by Bearer or Basic', async () => {
    const { authenticator } = door();
    const bearer = async (id: string, scheme = 'Bearer') => `${scheme} ${await assertionOf(id)}`;
    expect(await authenticator.authenticateHeader(await bearer('support-bot'))).toMatchObject({ id: 'support-bot' });
    expect(await authenticator.authenticateHeader(await bearer('support-bot', 'bearer'))).toMatchObject({
      kind: 'agent',
    });
    expect(await authenticator.authenticateHeader(await bearer('ledger-api'))).toMatchObject({ kind: 'client' });
    expect(await authenticator.authenticateHeader(basic('payments-api', 's3cret'))).toMatchObject({
      id: 'payments-api',
    });
  });

  it.each([undefined, '', 'Bearer', 'Bearer ', 'Bearer a b', 'Bearer a,b', 'Digest x', 'Bearer e30.e30.AA'])(
    'is nobody’s with %j',
    async (header) => {
      expect(await door().authenticator.authenticateHeader(header)).toEqual(refused('invalid_client'));
    },
  );
});

describe('an assertion', () => {
  it('works once, wherever it is shown', async () => {
    const { authenticator } = door();
    const assertion = await assertionOf('support-bot');
    const proof = { bodyParams: { client_assertion: assertion, client_assertion_type: JWT_BEARER } };
    expect(await authenticator.authenticateHeader(`Bearer ${assertion}`)).toMatchObject({ id: 'support-bot' });
    expect(await authenticator.authenticate(proof)).toEqual(refused('invalid_client'));
    expect(await authenticator.authenticateHeader(`Bearer ${assertion}`)).toEqual(refused('invalid_client'));
  });

  it('shown many times at once works once', async () => {
    const { authenticator } = door();
    const assertion = await assertionOf('support-bot');
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => authenticator.authenticateHeader(`Bearer ${assertion}`)),
    );
    expect(answers.filter((answer) => !('failed' in answer))).toHaveLength(1);
  });

  it('of another agent may have the same jti', async () => {
    const { authenticator } = door();
    for (const id of ['support-bot', 'ledger-api']) {
      const header = `Bearer ${await assertionOf(id, { jti: 'same' })}`;
      expect(await authenticator.authenticateHeader(header)).toMatchObject({ id });
    }
  });

  it('that does not hold uses nothing up', async () => {
    const { authenticator, ledger } = door();
    const expired = await assertionOf('support-bot', { iat: now - 60, exp: now - 1 });
    await authenticator.authenticateHeader(`Bearer ${expired}`);
    await authenticator.authenticateHeader(`Bearer ${(await assertionOf('support-bot')).slice(0, -6)}AAAAAA`);
    expect(ledger.used.size).toBe(0);
  });
});

describe('a token that an issuer made', () => {
  const JWT_SPIFFE = 'urn:ietf:params:oauth:client-assertion-type:jwt-spiffe';
  const asked: string[] = [];
  const workloadDoor = (agentId: string) => {
    const registrations = new MemoryRegistrations([
      { kind: 'agent', id: 'sleeper', auth: jwks, suspended: true },
      { kind: 'client', id: 'ledger-api', auth: jwks, suspended: false },
    ]);
    const prove = async (_token: string, kinds: readonly string[]) => {
      asked.push(kinds.join());
      return { agentId };
    };
    const audience = { issuer, nowSeconds: () => now };
    return new ClientAuthenticator(registrations, new MemoryLedger(), new SecretVerifier(), audience, { prove });
  };
  const token = () => assertionOf('runner', { iss: 'https://ci.example' });
  const form = async (type: string, more = {}): Promise<ClientProof> => ({
    bodyParams: { client_assertion: await token(), client_assertion_type: type, ...more },
  });

  it('is read as its assertion type says; a bearer may be either kind', async () => {
    const authenticator = workloadDoor('sleeper');
    const sleeper = { kind: 'agent', id: 'sleeper', suspended: true };
    expect(await authenticator.authenticate(await form(JWT_BEARER))).toEqual(sleeper);
    expect(await authenticator.authenticate(await form(JWT_SPIFFE))).toEqual(sleeper);
    expect(await authenticator.authenticateHeader(`Bearer ${await token()}`)).toEqual(sleeper);
    expect(asked).toEqual(['federation', 'spiffe', 'federation,spiffe']);
  });

  it('may name its client_id and no other', async () => {
    const authenticator = workloadDoor('sleeper');
    const named = (client_id: string) => form(JWT_BEARER, { client_id });
    expect(await authenticator.authenticate(await named('sleeper'))).toMatchObject({ id: 'sleeper' });
    expect(await authenticator.authenticate(await named('ledger-api'))).toEqual(refused('invalid_client'));
  });

  it('is nobody’s when the agent is gone, and never a client’s', async () => {
    for (const id of ['gone', 'ledger-api'])
      expect(await workloadDoor(id).authenticate(await form(JWT_BEARER))).toEqual(refused('invalid_client'));
  });
});
