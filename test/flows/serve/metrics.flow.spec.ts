import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { request } from 'node:http';
import { refundAsk } from '../../harness/actors/agent.js';
import { collectedRefund, setStage, type Stage } from '../../harness/world/stage.js';

let stage: Stage;

beforeAll(async () => {
  stage = await setStage();
});
afterAll(() => stage.close());

/** A bare GET, so that headers are exactly those given; `fetch` would set Host by itself. */
function get(path: string, headers: Record<string, string> = {}): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const { port } = new URL(stage.broker.base);
    request({ host: '127.0.0.1', port, path, headers: { host: `127.0.0.1:${port}`, ...headers } }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }));
    })
      .on('error', reject)
      .end();
  });
}

/** The value of a series; `undefined` when there is none. */
function value(text: string, series: string): number | undefined {
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
}

describe('GET /metrics', () => {
  it('counts the story from ask to refusal', async () => {
    const { token, grantId, agent } = await used();
    await stage.caller('ops-cli').post(`/v1/grants/${grantId}/revoke`, { reason: 'enough' });
    const verifier = stage.caller('payments-api');
    expect((await verifier.introspect(token)).body).toEqual({ active: false });
    await verifier.introspect(token);
    await agent.ask(refundAsk('77'));

    const { status, text } = await get('/metrics');
    expect(status).toBe(200);
    expect(value(text, 'writ_http_requests_total{method="POST",route="/v1/escalations",status="202"}')).toBe(2);
    expect(value(text, 'writ_decisions_total{outcome="approved",by="person"}')).toBe(1);
    expect(value(text, 'writ_decision_seconds_count{outcome="approved"}')).toBe(1);
    expect(value(text, 'writ_tokens_minted_total{kind="minted"}')).toBe(1);
    expect(value(text, 'writ_mint_seconds_count')).toBe(1);
    expect(value(text, 'writ_grants_ended_total{reason="revoked_by_person"}')).toBe(1);
    expect(value(text, 'writ_revoke_to_refusal_seconds_count')).toBe(1);
    expect(value(text, 'writ_escalations_pending{age="under_1m"}')).toBe(1);
    expect(value(text, 'writ_break_glass_uses_total')).toBe(0);
    expect(value(text, 'writ_database_figures_up')).toBe(1);
    expect(value(text, 'writ_sweep_lag_seconds{kind="grant"}')).toBe(0);
  });

  it('has no id, name or secret among its labels', async () => {
    await get(`/v1/escalations/esc_01KAMZ0000000000000000000A`);
    await get('/no/such/place-31337');
    const { text } = await get('/metrics');
    expect(text).toContain('route="(none)"');
    expect(text).not.toMatch(/esc_0|grt_0|support-bot|alice|bob|31337|eyJ|xoxb/);
  });

  it('gives its figures up when the database does not answer', async () => {
    const { text } = await get('/metrics');
    expect(value(text, 'writ_outbox_lag_seconds')).toBeGreaterThanOrEqual(0);
  });
});

describe('who may read it', () => {
  it.each([
    ['a proxy that names whom it speaks for', { 'x-forwarded-for': '203.0.113.9' }],
    ['a proxy that passes the name on', { host: 'writ.example' }],
  ])('not %s', async (_name, headers) => {
    expect((await get('/metrics', headers as unknown as Record<string, string>)).status).toBe(401);
  });

  it('an operator client from anywhere, no other client and no agent', async () => {
    const through = { 'x-forwarded-for': '203.0.113.9' };
    const as = async (id: string): Promise<number> =>
      (await get('/metrics', { ...through, authorization: `Bearer ${await stage.caller(id).assertion()}` })).status;
    expect(await as('ops-cli')).toBe(200);
    expect(await as('auditor-tool')).toBe(403);
    expect(await as('support-bot')).toBe(403);
    expect((await get('/metrics', { ...through, authorization: 'Bearer nonsense' })).status).toBe(401);
    expect((await get('/metrics', { authorization: 'Bearer nonsense' })).status).toBe(401);
  });
});

async function used(): Promise<{ token: string; grantId: string; agent: ReturnType<Stage['caller']> }> {
  const collected = await collectedRefund(stage);
  return { token: collected.token, grantId: collected.grant, agent: stage.caller('support-bot') };
}
