import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as openid from 'openid-client';
import { answer, DEFERRED, readAsk, refundAsk, type Answer } from '../harness/actors/agent.js';
import { startCiProvider, type CiProvider } from '../harness/actors/ci-provider.js';
import { startIssuer, type TestIssuer } from '../harness/actors/issuer.js';
import { created, setStage, type Stage } from '../harness/world/stage.js';

/** Agents without a key of their own: what the platform they run on says of them is their proof. */
const CLUSTER = 'https://kubernetes.default.svc.cluster.local';
const WORKER = 'system:serviceaccount:agents:worker';
const SVID = 'spiffe://example.org/agent/support';
const BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const SPIFFE = 'urn:ietf:params:oauth:client-assertion-type:jwt-spiffe';

let cluster: TestIssuer;
let otherCluster: TestIssuer;
let spire: TestIssuer;
let ci: CiProvider;
let canary: Server;
let canaryHits = 0;
let stage: Stage;
const now = () => Math.floor(Date.now() / 1000);

beforeAll(async () => {
  [cluster, otherCluster, spire] = await Promise.all([startIssuer(), startIssuer(), startIssuer({ use: 'jwt-svid' })]);
  ci = await startCiProvider(['runner', 'other-runner']);
  canary = createServer((_request, response) => {
    canaryHits += 1;
    response.end('{"keys":[]}');
  });
  await new Promise<void>((resolve) => canary.listen(0, '127.0.0.1', resolve));
  stage = await setStage((config) => {
    const workload = (id: string, auth: unknown) => ({ id, owner: 'omar', groups: ['support'], auth });
    const federation = { issuer: CLUSTER, jwks_uri: cluster.jwksUri, subject: WORKER };
    const job = (repository: string) => ({
      issuer: ci.issuer,
      subject: 'runner',
      claims: { repository_id: repository },
    });
    config.agents.push(
      workload('cluster-bot', { federation }),
      workload('other-cluster-bot', {
        federation: { ...federation, issuer: 'https://other.cluster.example', jwks_uri: otherCluster.jwksUri },
      }),
      workload('build-bot', { federation: job('42') }),
      workload('deploy-bot', { federation: job('43') }),
      workload('svid-bot', { spiffe: { id: SVID, jwks_uri: spire.jwksUri } }),
    );
  });
});
afterAll(async () => {
  await stage.close();
  await Promise.all([cluster, otherCluster, spire, ci].map((issuer) => issuer.close()));
  await new Promise((resolve) => canary.close(resolve));
});

/** A projected service account token, as a kubelet writes it. */
function projected(change: Record<string, unknown> = {}, header: Record<string, unknown> = {}): Promise<string> {
  return cluster.sign(
    {
      aud: [stage.broker.issuer],
      exp: now() + 3_600,
      iat: now(),
      nbf: now(),
      iss: CLUSTER,
      jti: '6f0c8a5e-6c1e-4f5e-9d0b-2f6f6f2b7a11',
      'kubernetes.io': { namespace: 'agents', pod: { name: 'worker-0' }, serviceaccount: { name: 'worker' } },
      sub: WORKER,
      ...change,
    },
    header,
  );
}
function svid(change: Record<string, unknown> = {}): Promise<string> {
  return spire.sign({ sub: SVID, aud: [stage.broker.issuer], exp: now() + 300, ...change }, { kid: undefined });
}

async function ask(token: string, body: unknown = readAsk()): Promise<Answer> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const url = `${stage.broker.issuer}/v1/escalations`;
  return answer(await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) }));
}
async function redeem(token: string, type: string, code: string, more = {}): Promise<Answer> {
  const form = { grant_type: DEFERRED, deferral_code: code, client_assertion_type: type, client_assertion: token };
  const body = new URLSearchParams({ ...form, ...more });
  return answer(await fetch(`${stage.broker.issuer}/oauth/token`, { method: 'POST', body }));
}

describe('an agent in a cluster', () => {
  it('asks and collects with its projected token, again and again', async () => {
    const token = await projected();
    for (const more of [{}, { client_id: 'cluster-bot' }]) {
      const { continuation } = created(await ask(token), 201);
      const { status, body } = await redeem(token, BEARER, continuation.deferral_code, more);
      expect(status).toBe(200);
      const claims = JSON.parse(Buffer.from((body.access_token as string).split('.')[1] ?? '', 'base64url').toString());
      expect(claims).toMatchObject({ sub: 'agent:cluster-bot', client_id: 'cluster-bot' });
    }
  });

  it('may not collect as, or for, another agent', async () => {
    const { continuation } = created(await ask(await projected()), 201);
    const code = continuation.deferral_code;
    expect(await redeem(await projected(), BEARER, code, { client_id: 'build-bot' })).toMatchObject({ status: 401 });
    const foreign = await redeem(await ci.token('runner', stage.broker.issuer), BEARER, code);
    expect(foreign).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
  });

  it('ends with its suspension, whatever its token says', async () => {
    const operator = stage.caller('ops-cli');
    expect((await operator.post('/v1/agents/cluster-bot/suspend', { reason: 'drill' })).status).toBe(200);
    const suspended = await ask(await projected());
    expect(suspended.status).toBeGreaterThanOrEqual(400);
    expect((await operator.post('/v1/agents/cluster-bot/resume', { reason: 'over' })).status).toBe(200);
    expect((await ask(await projected())).status).toBe(201);
  });

  it.each<[string, () => Promise<string>]>([
    ['another service account', () => projected({ sub: 'system:serviceaccount:agents:other' })],
    ['the audience of the API server', () => projected({ aud: [CLUSTER] })],
    ['a second audience', () => projected({ aud: [stage.broker.issuer, CLUSTER] })],
    ['another issuer and the same subject', () => projected({ iss: 'https://other.cluster.example' })],
    ['an issuer that nobody registered', () => projected({ iss: 'https://third.cluster.example' })],
    ['an end that has come', () => projected({ iat: now() - 600, nbf: now() - 600, exp: now() - 1 })],
    ['a life of two hours', () => projected({ exp: now() + 7_200 })],
    ['no end', () => projected({ exp: undefined })],
    ['the type of an access token', () => projected({}, { typ: 'at+jwt' })],
  ])('is refused with %s', async (_case, make) => {
    const token = await make();
    expect(await ask(token)).toMatchObject({ status: 401, body: { type: 'urn:writ:problem:unauthenticated' } });
    expect(await redeem(token, BEARER, 'x')).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
  });

  it('is refused unsigned, or signed with what it must not be', async () => {
    const [, payload] = (await projected()).split('.');
    const none = Buffer.from(JSON.stringify({ alg: 'none', typ: 'JWT' })).toString('base64url');
    expect((await ask(`${none}.${payload}.AA`)).status).toBe(401);
    const forged = await otherCluster.sign({ iss: CLUSTER, sub: WORKER, aud: stage.broker.issuer, exp: now() + 60 });
    expect((await ask(forged)).status).toBe(401);
  });
});

describe('a CI job, its tokens from oidc-provider 9', () => {
  it('is told apart by a numeric claim', async () => {
    for (const [repository_id, agent] of [
      [42, 'build-bot'],
      [43, 'deploy-bot'],
    ] as const) {
      const token = await ci.token('runner', stage.broker.issuer, { repository_id });
      const { id } = created(await ask(token, refundAsk()), 202);
      const { items } = (await stage.caller('auditor-tool').get(`/v1/audit/events?limit=200`)).body as {
        items: { type: string; actor: { id: string }; subject?: string }[];
      };
      expect(JSON.stringify(items)).toContain(id);
      expect(items.some((event) => event.type === 'escalation.requested' && event.actor.id === agent)).toBe(true);
    }
  });

  it.each<[string, () => Promise<string>]>([
    ['another repository', () => ci.token('runner', stage.broker.issuer, { repository_id: 44 })],
    ['another subject', () => ci.token('other-runner', stage.broker.issuer)],
    ['another audience', () => ci.token('runner', 'https://other.example')],
    ['its access token', () => ci.token('runner', stage.broker.issuer, { typ: 'at+jwt' })],
  ])('is refused with %s', async (_case, token) => {
    expect((await ask(await token())).status).toBe(401);
  });

  it('collects through openid-client 6, which only knows how to add an assertion', async () => {
    const config = await openid.discovery(
      new URL(stage.broker.issuer),
      'build-bot',
      {},
      await clientAuth(() => ci.token('runner', stage.broker.issuer)),
      { algorithm: 'oauth2', execute: [openid.allowInsecureRequests] },
    );
    const { continuation } = created(await ask(await ci.token('runner', stage.broker.issuer)), 201);
    const tokens = await openid.genericGrantRequest(config, DEFERRED, { deferral_code: continuation.deferral_code });
    expect(tokens).toMatchObject({ token_type: 'bearer', scope: 'payment.read' });
    expect(await openid.tokenIntrospection(config, tokens.access_token)).toMatchObject({ client_id: 'build-bot' });
  });
});

/** The library asks for a function that cannot wait: the token is fetched before. */
async function clientAuth(token: () => Promise<string>): Promise<openid.ClientAuth> {
  const assertion = await token();
  return (_server, _client, body) => {
    body.set('client_assertion_type', BEARER);
    body.set('client_assertion', assertion);
  };
}

describe('a workload with a JWT-SVID', () => {
  it('asks and collects, without iss, jti, iat or kid', async () => {
    const token = await svid();
    const { continuation } = created(await ask(token), 201);
    expect((await redeem(token, SPIFFE, continuation.deferral_code)).status).toBe(200);
  });

  it.each([
    ['another workload', { sub: 'spiffe://example.org/agent/other' }],
    ['another trust domain', { sub: 'spiffe://example.com/agent/support' }],
    ['another audience', { aud: ['https://other.example'] }],
    ['no end', { exp: undefined }],
  ])('is refused for %s', async (_case, change) => {
    expect((await ask(await svid(change))).status).toBe(401);
  });

  it('has its own assertion type', async () => {
    expect((await redeem(await svid(), BEARER, 'x')).body).toMatchObject({ error: 'invalid_client' });
    expect((await redeem(await projected(), SPIFFE, 'x')).body).toMatchObject({ error: 'invalid_client' });
  });
});

describe('what tokens can make the broker fetch', () => {
  it('is nothing that nobody registered', async () => {
    const inside = `http://localhost:${(canary.address() as AddressInfo).port}`;
    const tokens = await Promise.all([
      projected({ iss: inside }),
      projected({ iss: `${inside}/.well-known/openid-configuration` }),
      projected({}, { jku: `${inside}/keys` }),
      projected({}, { x5u: `${inside}/cert` }),
      svid({ sub: `spiffe://localhost:${(canary.address() as AddressInfo).port}/agent` }),
      svid({ iss: inside, sub: 'spiffe://localhost/agent' }),
    ]);
    for (const token of tokens) expect((await ask(token)).status).toBe(401);
    expect(canaryHits).toBe(0);
  });

  it('is two documents in half a minute, however many kids are made up', async () => {
    const before = otherCluster.fetches();
    const claims = { iss: 'https://other.cluster.example', sub: WORKER, aud: stage.broker.issuer, exp: now() + 600 };
    for (let round = 0; round < 10; round += 1) {
      const flood = Array.from({ length: 20 }, (_, n) => otherCluster.sign(claims, { kid: `made-up-${round}-${n}` }));
      const answers = await Promise.all((await Promise.all(flood)).map((token) => ask(token)));
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401]));
    }
    expect(otherCluster.fetches()).toBeLessThanOrEqual(Math.max(before, 2));
    expect((await ask(await otherCluster.sign(claims))).status).toBe(201);
    expect((await ask(await projected())).status).toBe(201);
  });

  it('is a rotated key, at the first token that names it', async () => {
    const fetched = spire.fetches();
    expect(fetched).toBe(1);
    spire.rotate();
    expect((await ask(await spire.sign({ sub: SVID, aud: stage.broker.issuer, exp: now() + 60 }))).status).toBe(201);
    expect(spire.fetches()).toBe(2);
  });
});
