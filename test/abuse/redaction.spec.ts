import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { refundAsk, type Answer } from '../harness/actors/agent.js';
import { startOtlpReceiver, type OtlpReceiver } from '../harness/actors/otlp-receiver.js';
import { setStage, type Stage } from '../harness/world/stage.js';
import { until } from '../harness/judges/until.js';

/** Every secret that the stories below make or use, by its name. */
const secrets = new Map<string, string>();
/** Every answer that is a refusal. */
const refusals: Answer[] = [];

let stage: Stage;
let collector: OtlpReceiver;

beforeAll(async () => {
  collector = await startOtlpReceiver();
  stage = await setStage(() => undefined, { extra: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url } });
  keepWhatIsKnownBefore();
  const bob = await stage.person('bob');
  secrets.set('the session token', bob.cookie.split('=')[1] ?? '');
  await decideAndUse();
  await faultWithEverySecret();
});
afterAll(async () => {
  await stage.close();
  await collector.close();
});

function keepWhatIsKnownBefore(): void {
  secrets.set('the master key', stage.world.masterKey);
  secrets.set('the bot token of Slack', stage.broker.slack.env.SLACK_BOT_TOKEN);
  secrets.set('the signing secret of Slack', stage.broker.slack.env.SLACK_SIGNING_SECRET);
  for (const [id, pair] of Object.entries(stage.world.keys))
    secrets.set(`the private key of ${id}`, String(pair.privateKey.export({ format: 'jwk' }).d));
}

async function assertion(name: string, id: string): Promise<string> {
  const made = await stage.caller(id).assertion();
  secrets.set(name, made);
  secrets.set(`${name}, its signature`, made.split('.')[2] ?? '');
  return made;
}

/** The main flow: asked, approved by a click, collected, used, completed. */
async function decideAndUse(): Promise<void> {
  const agent = stage.caller('support-bot');
  const bearer = async (): Promise<{ authorization: string }> => ({
    authorization: `Bearer ${await assertion(`assertion ${secrets.size}`, 'support-bot')}`,
  });
  const asked = await agent.post('/v1/escalations', refundAsk(), { ...(await bearer()), 'idempotency-key': 'once' });
  secrets.set('the deferral code', String(asked.body.continuation.deferral_code));
  refusals.push(await agent.redeem(String(secrets.get('the deferral code'))));
  const card = await stage.slack.card(String(asked.body.id));
  await stage.slack.click('U0002', card.ts, 'writ_approve');
  await until(
    'it is approved',
    async () => (await agent.get(`/v1/escalations/${asked.body.id}`)).body.status === 'approved',
  );
  const redeemed = await agent.redeem(String(secrets.get('the deferral code')), { 'idempotency-key': 'once' });
  const token = String(redeemed.body.access_token);
  secrets.set('the access token', token);
  secrets.set('the access token, its signature', token.split('.')[2] ?? '');
  const call = {
    token,
    action: 'refund.create',
    identifier: 'order/8812',
    arguments: { order: '8812', amount: 4000 },
    call_id: 'c1',
  };
  await stage.caller('payments-api').post('/v1/tokens/consume', call);
  await stage.caller('payments-api').introspect(token);
  await agent.post(`/v1/grants/${redeemed.body.grant_id}/complete`, { outcome: 'succeeded' }, await bearer());
}

/** Every secret, sent to where it does not belong: refusals are what likes to repeat what it was given. */
async function faultWithEverySecret(): Promise<void> {
  const agent = stage.caller('support-bot');
  for (const secret of [...secrets.values()]) {
    refusals.push(
      await agent.get(`/v1/escalations/${encodeURIComponent(secret)}`),
      await agent.get(`/v1/grants?status=${encodeURIComponent(secret)}`),
      await agent.get('/v1/requestable', { authorization: `Bearer ${secret}` }),
      await agent.get('/v1/requestable', {
        authorization: `Basic ${Buffer.from(`payments-api:${secret}`).toString('base64')}`,
      }),
      await agent.ask({ ...refundAsk(), resource: secret }),
      await agent.ask({ ...refundAsk(), requested_ttl: secret }),
      await agent.post('/v1/escalations', `{"task":"${secret}`),
      await agent.redeem(secret),
      await agent.form('/oauth/token', { grant_type: secret }),
      await stage.caller('payments-api').post('/v1/tokens/consume', { token: secret, action: 'refund.create' }),
      await stage.caller('payments-api').form('/oauth/introspect', { token: secret, client_id: secret }),
      await (await stage.person('bob')).send('POST', '/v1/sessions', { code: secret }),
    );
  }
}

/** Where the secret stands, as it is or within its own encodings. */
function found(where: string, text: string): string[] {
  return [...secrets].flatMap(([name, secret]) => {
    const spelt = [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64').replace(/=+$/, '')];
    return spelt.some((form) => text.includes(form)) ? [`${name} in ${where}`] : [];
  });
}

describe('no secret', () => {
  it('is too short to be looked for', () => {
    for (const [name, secret] of secrets) expect([name, secret.length >= 16]).toEqual([name, true]);
    expect([...secrets.keys()]).toEqual(
      expect.arrayContaining(['the access token', 'the deferral code', 'the session token', 'the bot token of Slack']),
    );
  });

  it('is in the log, though it is written at debug', () => {
    expect(stage.broker.logged.length).toBeGreaterThan(10);
    expect(found('the log', stage.broker.logged.join(''))).toEqual([]);
    for (const line of stage.broker.logged) JSON.parse(line);
  });

  it('is in a refusal', () => {
    const real = refusals.filter((got) => got.status >= 400);
    expect(real.length).toBeGreaterThan(100);
    const repeated = real.flatMap((got) =>
      found(`a ${got.status}`, JSON.stringify(got.body) + JSON.stringify([...got.headers])),
    );
    expect(repeated).toEqual([]);
  });

  it('made a request fail from within', () => {
    expect(refusals.filter((got) => got.status >= 500)).toEqual([]);
  });

  it('is in any row of any table', async () => {
    const { rows: tables } = await stage.world.database.pool.query<{ name: string }>(
      `select format('%I.%I', table_schema, table_name) as "name" from information_schema.tables
       where table_schema not in ('pg_catalog', 'information_schema') and table_type = 'BASE TABLE'`,
    );
    expect(tables.length).toBeGreaterThan(20);
    for (const { name } of tables) {
      const { rows } = await stage.world.database.pool.query<{ row: string }>(`select t::text as "row" from ${name} t`);
      expect(found(name, rows.map(({ row }) => row).join('\n'))).toEqual([]);
    }
  });

  it('is in a trace, of what went well or of a refusal', async () => {
    const last = '7'.repeat(32);
    await stage.caller('support-bot').get('/v1/requestable', { traceparent: `00-${last}-${'7'.repeat(16)}-01` });
    await until('the last span has arrived', async () => collector.spans.some(({ traceId }) => traceId === last));
    const names = collector.spans.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['mint', 'consume', 'slack chat.postMessage', 'POST /v1/sessions']));
    expect(names.length).toBeGreaterThan(refusals.length);
    expect(found('a trace', collector.bodies.join('\n'))).toEqual([]);
  });

  it('is on a card in Slack', async () => {
    expect(found('a card', JSON.stringify(await stage.slack.messages()))).toEqual([]);
  });

  it('is in what auditors and approvers read', async () => {
    const events = await stage.caller('auditor-tool').get('/v1/audit/events?limit=200');
    const grants = await stage.caller('auditor-tool').get('/v1/grants');
    const story = await stage.caller('auditor-tool').get(`/v1/grants/${grants.body.items[0].id}`);
    expect(found('the history', JSON.stringify([events.body, grants.body, story.body]))).toEqual([]);
  });
});

describe('the public keys', () => {
  it('have no private part', async () => {
    const { keys } = (await (await fetch(`${stage.broker.issuer}/oauth/jwks`)).json()) as {
      keys: Record<string, unknown>[];
    };
    expect(keys.length).toBeGreaterThan(0);
    for (const key of keys)
      for (const part of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k', 'oth']) expect(key).not.toHaveProperty(part);
  });
});
