import type { AddressInfo } from 'node:net';
import type { Server } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import express from 'express';
import { auth, claimIncludes, requiredScopes } from 'express-oauth2-jwt-bearer';
import { readAsk } from '../harness/actors/agent.js';
import { created, setStage, type Stage } from '../harness/world/stage.js';

/** An Express 5 API that knows nothing of Writ but its issuer, guarded by the middleware as it comes from the registry. */
let stage: Stage;
const servers: Server[] = [];

beforeAll(async () => {
  stage = await setStage();
});
afterAll(async () => {
  for (const server of servers) await new Promise((resolve) => server.close(resolve));
  await stage.close();
});

/** Starts the API for one audience. @returns its address */
async function api(audience: string): Promise<string> {
  const app = express();
  app.use(auth({ issuerBaseURL: stage.broker.issuer, audience, strict: true, tokenSigningAlg: 'ES256' }));
  app.get('/payments', requiredScopes('payment.read'), (request, response) => {
    response.json({ sub: request.auth?.payload.sub, grant: request.auth?.payload['grant_id'] });
  });
  app.get('/refunds', requiredScopes('refund.create'), (_request, response) => void response.json({}));
  app.get('/mine', claimIncludes('client_id', 'support-bot'), (_request, response) => void response.json({}));
  const server = app.listen(0, '127.0.0.1');
  servers.push(server);
  await new Promise((resolve) => server.once('listening', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function token(): Promise<{ jwt: string; grant: string }> {
  const agent = stage.caller('support-bot');
  const { continuation } = created(await agent.ask(readAsk()), 201);
  const { body } = await agent.redeem(continuation.deferral_code);
  return { jwt: body.access_token as string, grant: body.grant_id as string };
}

function get(url: string, jwt?: string): Promise<Response> {
  return fetch(url, jwt === undefined ? {} : { headers: { authorization: `Bearer ${jwt}` } });
}

describe('express-oauth2-jwt-bearer in strict mode', () => {
  it('finds the keys by the issuer, accepts the token for its audience, and reads scope and claims', async () => {
    const base = await api('https://payments.example');
    const { jwt, grant } = await token();
    const answer = await get(`${base}/payments`, jwt);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ sub: 'agent:support-bot', grant });
    expect((await get(`${base}/mine`, jwt)).status).toBe(200);
  });

  it('refuses what was not granted: no token, another action, a changed token', async () => {
    const base = await api('https://payments.example');
    const { jwt } = await token();
    expect((await get(`${base}/payments`)).status).toBe(401);
    const narrow = await get(`${base}/refunds`, jwt);
    expect([narrow.status, narrow.headers.get('www-authenticate')]).toEqual([
      403,
      expect.stringContaining('insufficient_scope'),
    ]);
    const [header, payload, signature] = jwt.split('.') as [string, string, string];
    const wider = Buffer.from(payload, 'base64url').toString().replace('payment.read', 'refund.create');
    const forged = `${header}.${Buffer.from(wider).toString('base64url')}.${signature}`;
    expect((await get(`${base}/refunds`, forged)).status).toBe(401);
  });

  it('refuses the token at another audience, and an assertion of the agent anywhere', async () => {
    const { jwt } = await token();
    expect((await get(`${await api('https://other.example')}/payments`, jwt)).status).toBe(401);
    const assertion = await stage.caller('support-bot').assertion({ aud: 'https://payments.example' });
    expect((await get(`${await api('https://payments.example')}/payments`, assertion)).status).toBe(401);
  });
});
