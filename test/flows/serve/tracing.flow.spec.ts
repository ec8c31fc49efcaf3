import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { refundAsk } from '../../harness/actors/agent.js';
import { startOtlpReceiver, type OtlpReceiver, type ReceivedSpan } from '../../harness/actors/otlp-receiver.js';
import { setStage, type Stage } from '../../harness/world/stage.js';
import { until } from '../../harness/judges/until.js';

const ASKED_IN = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' };
const CANARY = 'canary-8f2e61';

let receiver: OtlpReceiver;
let stage: Stage;
const secrets: string[] = [];
let token = '';
let returned: string | null = null;

beforeAll(async () => {
  receiver = await startOtlpReceiver();
  stage = await setStage(() => undefined, { extra: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url } });
  await fromAskToUse();
});
afterAll(async () => {
  await stage.close();
  await receiver.close();
});

/** Asks within the agent's trace, and does all the rest outside of it; free text and arguments hold canaries. */
async function fromAskToUse(): Promise<void> {
  const agent = stage.caller('support-bot');
  const verifier = stage.caller('payments-api');
  const ask = refundAsk(CANARY, { task: { id: 'run-1', description: `Refund ${CANARY}` } });
  const asked = await agent.ask(ask, { traceparent: `00-${ASKED_IN.traceId}-${ASKED_IN.spanId}-01` });
  returned = asked.headers.get('traceparent');
  const code = String(asked.body.continuation.deferral_code);
  const card = await stage.slack.card(String(asked.body.id));
  await stage.slack.click('U0002', card.ts, 'writ_approve');
  await until(
    'it is approved',
    async () => (await agent.get(`/v1/escalations/${asked.body.id}`)).body.status === 'approved',
  );
  token = String((await agent.redeem(code)).body.access_token);
  await verifier.introspect(token);
  const { actions, identifier, arguments: args } = (ask['authorization_details'] as Record<string, never>[])[0] ?? {};
  const used = await verifier.post('/v1/tokens/consume', {
    token,
    action: (actions as unknown as string[])[0],
    identifier,
    arguments: args,
    call_id: 'c1',
  });
  expect(used.body).toMatchObject({ allowed: true });
  secrets.push(code, token, token.split('.')[2] ?? '', stage.world.masterKey, CANARY, await agent.assertion());
  secrets.push(stage.broker.slack.env.SLACK_BOT_TOKEN, stage.broker.slack.env.SLACK_SIGNING_SECRET);
  await until('the use was told', async () => ofTheAsk().some(({ name }) => name === 'consume'));
}

function ofTheAsk(): ReceivedSpan[] {
  return receiver.spans.filter(({ traceId }) => traceId === ASKED_IN.traceId);
}

describe('the trace that an agent asks in', () => {
  it('goes on from the ask to the use, through queue, Slack, decision and mint', () => {
    const names = new Set(ofTheAsk().map(({ name }) => name));
    expect([...names].sort()).toEqual(
      expect.arrayContaining([
        'POST /v1/escalations',
        'ask',
        'consume',
        'decision',
        'job card.publish',
        'mint',
        'policy',
        'slack chat.postMessage',
        'token.read',
        'vote',
      ]),
    );
  });

  it('is one tree under the span of the agent', () => {
    const spans = ofTheAsk();
    const known = new Set([ASKED_IN.spanId, ...spans.map(({ spanId }) => spanId)]);
    expect(spans.filter(({ parentSpanId }) => parentSpanId === undefined || !known.has(parentSpanId))).toEqual([]);
    expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(spans.length);
    for (const { startTimeUnixNano, endTimeUnixNano } of spans)
      expect(BigInt(endTimeUnixNano) >= BigInt(startTimeUnixNano)).toBe(true);
  });

  it('comes back with the answer', () => {
    const root = ofTheAsk().find(({ name }) => name === 'POST /v1/escalations');
    expect(root?.parentSpanId).toBe(ASKED_IN.spanId);
    expect(returned).toBe(`00-${ASKED_IN.traceId}-${root?.spanId}-01`);
  });

  it('links what others did for it to their own requests', () => {
    const redeemed = receiver.spans.find(({ name }) => name === 'POST /oauth/token');
    const minted = ofTheAsk().find(({ name }) => name === 'mint');
    expect(redeemed?.traceId).not.toBe(ASKED_IN.traceId);
    expect(minted?.links).toMatchObject([{ traceId: redeemed?.traceId, spanId: redeemed?.spanId }]);
  });
});

describe('what a collector is sent', () => {
  it('holds no secret, no argument and no free text', () => {
    const sent = receiver.bodies.join('\n');
    for (const secret of secrets) expect([secret.length > 8, sent.includes(secret)]).toEqual([true, false]);
  });

  it('describes itself by a closed list of attributes', () => {
    const keys = new Set(receiver.spans.flatMap(({ attributes }) => attributes.map(({ key }) => key)));
    expect([...keys].filter((key) => !/^(writ|http)\./.test(key))).toEqual([]);
  });
});

describe('a caller that asks not to be traced', () => {
  it('leaves no span behind', async () => {
    const hidden = '11111111111111111111111111111111';
    const answered = await stage
      .caller('support-bot')
      .get('/v1/requestable', { traceparent: `00-${hidden}-b7ad6b7169203331-00` });
    expect(answered.headers.get('traceparent')).toBeNull();
    const seen = await stage
      .caller('support-bot')
      .get('/v1/requestable', { traceparent: `00-${hidden.replaceAll('1', '2')}-b7ad6b7169203331-01` });
    expect(seen.headers.get('traceparent')).toMatch(/^00-2{32}-[0-9a-f]{16}-01$/);
    await until('the later one was sent', async () => receiver.spans.some(({ traceId }) => traceId.startsWith('2222')));
    expect(receiver.spans.filter(({ traceId }) => traceId === hidden)).toEqual([]);
  });
});
