import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { PostgresMutes } from '#persistence/people/postgres-mutes.js';
import { refundAsk } from '../../harness/actors/agent.js';
import { brokenInvariants, settledCards } from '../../harness/judges/invariants.js';
import { post, signedHeaders } from '../../harness/actors/slack-delivery.js';
import { shownText, writ } from '../../harness/actors/slack-typing.js';
import { approvedRefund, collectedRefund, created, setStage, type Stage } from '../../harness/world/stage.js';

let stage: Stage;

beforeAll(async () => {
  stage = await setStage();
});
afterEach(() => stage.broker.slack.faults.clear());
afterAll(async () => {
  await settledCards(stage.world, stage.broker);
  expect(await brokenInvariants(stage.world)).toEqual([]);
  await stage.close();
});

const statusOf = async (grant: string) =>
  (await stage.caller('auditor-tool').get(`/v1/grants/${grant}`)).body.grant.status as string;

const fields = (text: string, changes: Record<string, string> = {}) =>
  new URLSearchParams({
    command: '/writ',
    text,
    team_id: 'T0001',
    user_id: 'U0002',
    channel_id: 'C0001',
    api_app_id: stage.broker.slack.env.SLACK_APP_ID,
    trigger_id: '1.2.x',
    response_url: `${stage.broker.slack.url}/commands/T0001/x`,
    ...changes,
  }).toString();

describe('/writ list', () => {
  it('shows what waits and what lives, to the person alone', async () => {
    const { id } = created(await stage.caller('support-bot').ask(refundAsk('2001')), 202);
    const { grant } = await collectedRefund(stage);
    const text = await writ(stage, 'U0002', 'list');
    expect(text).toContain(`HIGH · Support bot: refund.create on Payments`);
    expect(text).toContain('identifier: order/2001\narguments: order "2001", amount 4000');
    expect(text).toContain(id);
    expect(text).toContain(`<${stage.broker.issuer}/escalations/${id}|Open in console>`);
    expect(text).toContain(`/writ revoke ${grant}`);
    const told = (await stage.slack.messages()).filter(({ blocks }) => shownText(blocks) === text);
    expect(told).toEqual([expect.objectContaining({ ephemeral_to: 'U0002' })]);
  });

  it('shows a stranger to a request nothing of it', async () => {
    const { id } = created(await stage.caller('support-bot').ask(refundAsk('2002')), 202);
    expect(await writ(stage, 'U0004', 'list')).not.toContain(id);
    expect(await writ(stage, 'U0666', 'list')).toContain('not linked to a person');
  });
});

describe('/writ revoke', () => {
  it('ends a grant by whoever approved it, in their name', async () => {
    const { grant, token } = await collectedRefund(stage);
    expect(await writ(stage, 'U0002', `revoke ${grant}`)).toContain('is revoked: its token no longer works');
    expect(await statusOf(grant)).toBe('revoked');
    const seen = await stage.caller('payments-api').form('/oauth/introspect', { token });
    expect(seen.body).toEqual({ active: false });
    const { events } = (await stage.caller('auditor-tool').get(`/v1/grants/${grant}`)).body;
    expect(events.find((event: { type: string }) => event.type === 'grant.revoked')).toMatchObject({
      actor: { kind: 'person', id: 'bob' },
      data: { end_reason: 'revoked_by_person', reason: 'Revoked with /writ in Slack.' },
    });
    expect(await writ(stage, 'U0002', `revoke ${grant}`)).toContain('no such live grant');
  });

  it('tells the same of a grant of others and of one that is not', async () => {
    const { grant } = await approvedRefund(stage);
    const none = 'Writ has no such live grant that you may revoke.';
    expect(await writ(stage, 'U0003', `revoke ${grant}`)).toBe(none);
    expect(await writ(stage, 'U0002', 'revoke grt_01KAMZ0000000000000000000A')).toBe(none);
    expect(await writ(stage, 'U0002', 'revoke <!channel>')).toBe(none);
    expect(await statusOf(grant)).toBe('ready');
  });
});

describe('/writ mute', () => {
  it('silences reminders of one request, or of an agent, for this person alone and for a while', async () => {
    const mutes = new PostgresMutes(stage.world.database.pool as never);
    const { id } = created(await stage.caller('support-bot').ask(refundAsk('2003')), 202);
    const about = { escalation: id, agent: 'support-bot' };
    expect(await mutes.isMuted('bob', about)).toBe(false);
    expect(await writ(stage, 'U0002', `mute ${id}`)).toContain('for 1 hour');
    expect([await mutes.isMuted('bob', about), await mutes.isMuted('carol', about)]).toEqual([true, false]);
    expect(await writ(stage, 'U0003', 'mute support-bot 5')).toContain('for 5 minutes');
    expect([...(await mutes.mutedAmong(['alice', 'bob', 'carol'], about))].sort()).toEqual(['bob', 'carol']);
    expect(await mutes.isMuted('carol', { escalation: 'esc_1', agent: 'rival-bot' })).toBe(false);
    await stage.world.database.pool.query(`update "mutes" set "until" = clock_timestamp()`);
    expect(await mutes.mutedAmong(['bob', 'carol'], about)).toEqual(new Set());
  });

  it.each([
    'mute',
    'mute nobody-bot',
    'mute support-bot 0',
    'mute support-bot 1441',
    'mute support-bot soon',
    'mute a b c',
  ])('refuses «/writ %s»', async (text) => {
    const before = await stage.world.database.pool.query('select count(*) from "mutes"');
    expect(await writ(stage, 'U0002', text)).toMatch(/Nothing was muted|Say what/);
    expect((await stage.world.database.pool.query('select count(*) from "mutes"')).rows).toEqual(before.rows);
  });

  it('knows no request that the person may not read', async () => {
    const { id } = created(await stage.caller('support-bot').ask(refundAsk('2004')), 202);
    expect(await writ(stage, 'U0004', `mute ${id}`)).toContain('no such request');
  });
});

describe('typing', () => {
  it.each(['approve', 'Approve 1', 'yes', 'deny', 'ok'])('«/writ %s» decides nothing and says so', async (text) => {
    const { id } = created(await stage.caller('support-bot').ask(refundAsk('2005')), 202);
    expect(await writ(stage, 'U0002', `${text} ${id}`)).toContain('takes no decision by typing');
    expect((await stage.caller('support-bot').get(`/v1/escalations/${id}`)).body.status).toBe('pending');
  });

  it.each(['', 'help', 'frobnicate'])('«/writ %s» is answered with what there is', async (text) => {
    expect(await writ(stage, 'U0002', text)).toContain('/writ revoke <grant id>');
  });
});

describe('a command', () => {
  it('is answered within three seconds while Slack hangs', async () => {
    stage.broker.slack.putPerson({ user: 'U0003', name: 'carol' });
    stage.broker.slack.faults.set('users.info', { kind: 'hang' }, Infinity);
    const began = performance.now();
    expect(await writ(stage, 'U0001', 'list')).toMatch(/could not confirm your account|did not get done in time/);
    expect(performance.now() - began).toBeLessThan(3_000);
  });

  it('of another workspace or app is refused', async () => {
    for (const changes of [{ team_id: 'T0666' }, { api_app_id: 'A0666' }] as Record<string, string>[]) {
      const body = fields('list', changes);
      const answer = await post(stage.broker, '/slack/events', body, signedHeaders(stage.broker, body));
      expect([answer.status, answer.body]).toEqual([200, expect.stringContaining('did not come from where')]);
    }
  });

  it('counts once, signed and fresh, or not at all', async () => {
    const { grant } = await approvedRefund(stage);
    const body = fields(`revoke ${grant}`);
    const honest = signedHeaders(stage.broker, body);
    const old = signedHeaders(stage.broker, body, String(Math.floor(Date.now() / 1000) - 301));
    const ahead = signedHeaders(stage.broker, body, String(Math.floor(Date.now() / 1000) + 90));
    const unsigned = { 'content-type': honest['content-type'] };
    for (const headers of [unsigned, old, ahead, { ...honest, 'x-slack-signature': `v0=${'0'.repeat(64)}` }]) {
      expect(await post(stage.broker, '/slack/events', body, headers)).toEqual({ status: 401, body: '' });
    }
    expect(await statusOf(grant)).toBe('ready');
    expect((await post(stage.broker, '/slack/events', body, honest)).body).toContain('is revoked');
    expect(await post(stage.broker, '/slack/events', body, honest)).toEqual({ status: 200, body: '' });
  });

  it.each(['text', 'command', 'user_id'])('with its %s twice is nothing', async (name) => {
    const body = `${fields('list')}&${name}=x`;
    expect(await post(stage.broker, '/slack/events', body, signedHeaders(stage.broker, body))).toEqual({
      status: 200,
      body: '',
    });
  });
});
