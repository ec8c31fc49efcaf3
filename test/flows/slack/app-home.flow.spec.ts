import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { refundAsk } from '../../harness/actors/agent.js';
import { brokenInvariants, settledCards } from '../../harness/judges/invariants.js';
import { clickHome, home, homeClickPayload, openHome, shownText } from '../../harness/actors/slack-typing.js';
import { approvedRefund, collectedRefund, created, setStage, storyOf, type Stage } from '../../harness/world/stage.js';
import { until } from '../../harness/judges/until.js';

let stage: Stage;

beforeAll(async () => {
  stage = await setStage();
});
afterAll(async () => {
  await settledCards(stage.world, stage.broker);
  expect(await brokenInvariants(stage.world)).toEqual([]);
  await stage.close();
});

const published = () => stage.broker.slack.journal().filter(({ method }) => method === 'views.publish').length;
const statusOf = async (grant: string) =>
  (await stage.caller('auditor-tool').get(`/v1/grants/${grant}`)).body.grant.status as string;

describe('the Home tab', () => {
  it('shows what waits for the person, with details and the console, and offers no approval', async () => {
    const { id } = created(await stage.caller('support-bot').ask(refundAsk('3001')), 202);
    const { text, blocks } = await openHome(stage, 'U0002');
    expect(text).toContain('HIGH · Support bot: refund.create on Payments for');
    expect(text).toContain('identifier: order/3001\narguments: order "3001", amount 4000');
    expect(JSON.stringify(blocks)).toContain(`${stage.broker.issuer}/escalations/${id}`);
    expect(JSON.stringify(blocks)).not.toContain('writ_approve');
    expect((await openHome(stage, 'U0001')).text).toContain('Nothing waits for you.');
  });

  it('opens the whole request in a modal', async () => {
    const { id } = created(
      await stage.caller('support-bot').ask(refundAsk('3002', { justification: 'The customer waits.' })),
      202,
    );
    const { view_id } = await openHome(stage, 'U0003');
    const opened = await clickHome(stage, 'U0003', view_id, 'writ_home_details', id);
    const { views } = await stage.slack.call('messages');
    const modal = (views as { view_id: string; callback_id: string; blocks: unknown }[]).find(
      (view) => view.view_id === opened.view_id,
    );
    expect(modal).toMatchObject({ callback_id: 'writ_details_modal' });
    expect(shownText(modal?.blocks)).toContain('The customer waits.');
  });

  it('shows the live grants of the person and revokes one, in their name', async () => {
    const { grant, token } = await collectedRefund(stage);
    const opened = await openHome(stage, 'U0002');
    expect(opened.text).toContain(grant);
    await clickHome(stage, 'U0002', opened.view_id, 'writ_home_revoke', grant);
    const after = await until('the tab is written again', async () => {
      const now = await home(stage, opened.view_id);
      return now.text.includes('its token no longer works') && now;
    });
    expect(JSON.stringify(after.blocks)).not.toContain(`"value":"${grant}"`);
    expect((await stage.caller('payments-api').form('/oauth/introspect', { token })).body).toEqual({ active: false });
    const { events } = await storyOf(stage, grant);
    expect(events.find(({ type }) => type === 'grant.revoked')).toMatchObject({
      actor: { kind: 'person', id: 'bob' },
      data: { end_reason: 'revoked_by_person' },
    });
    expect(after.text).toContain('You approved');
  });

  it('shows an operator and the owners of the resource every live grant, and others none', async () => {
    const { grant } = await approvedRefund(stage);
    expect((await openHome(stage, 'U0006')).text).toContain(grant);
    expect((await openHome(stage, 'U0007')).text).toContain(grant);
    expect((await openHome(stage, 'U0004')).text).not.toContain(grant);
  });

  it('is written once for each time it is opened, and not by itself', async () => {
    await openHome(stage, 'U0003');
    const before = published();
    const asked = created(await stage.caller('support-bot').ask(refundAsk('3003')), 202);
    await stage.slack.card(asked.id);
    expect(published()).toBe(before);
    await openHome(stage, 'U0003');
    expect(published()).toBe(before + 1);
  });

  it('tells an account that is nobody’s how to become somebody’s', async () => {
    const { text } = await openHome(stage, 'U0777');
    expect(text).toContain('This Slack account is not linked');
    expect(text).not.toContain('support-bot');
  });

  it('shows a guest nothing but why', async () => {
    stage.broker.slack.putPerson({ user: 'U0778', name: 'guest', flags: { is_restricted: true } });
    expect((await openHome(stage, 'U0778')).text).toContain('guest accounts cannot');
  });
});

describe('a click in a Home tab', () => {
  const deliver = (payload: unknown) => stage.slack.call('deliver', { payload });

  it('revokes nothing for whoever may not, whatever its value says', async () => {
    const { grant } = await approvedRefund(stage);
    for (const user of ['U0003', 'U0001', 'U0777']) {
      await deliver(homeClickPayload(stage, user, 'writ_home_revoke', grant));
    }
    expect(await statusOf(grant)).toBe('ready');
  });

  it.each([
    ['another workspace', { team: { id: 'T0666' }, user: { id: 'U0002', team_id: 'T0666' } }],
    ['another app', { api_app_id: 'A0666' }],
    ['a modal', { view: { id: 'V0001', type: 'modal' } }],
    ['a message', { container: { type: 'message', message_ts: '1.1', channel_id: 'C0001' }, view: undefined }],
  ])('of %s does nothing', async (_, changes) => {
    const { grant } = await approvedRefund(stage);
    await deliver({ ...homeClickPayload(stage, 'U0002', 'writ_home_revoke', grant), ...changes });
    expect(await statusOf(grant)).toBe('ready');
  });

  it('without Slack’s signature is refused', async () => {
    const { grant } = await approvedRefund(stage);
    const payload = homeClickPayload(stage, 'U0002', 'writ_home_revoke', grant);
    expect(await stage.slack.call('deliver', { payload, secret: 'f'.repeat(32) })).toMatchObject({ status: 401 });
    expect(await statusOf(grant)).toBe('ready');
  });

  it('opens no request that the person may not read', async () => {
    const { id } = created(await stage.caller('support-bot').ask(refundAsk('3004')), 202);
    const opened = await openHome(stage, 'U0004');
    await deliver(homeClickPayload(stage, 'U0004', 'writ_home_details', id));
    const text = await until('the tab says so', async () => {
      const now = (await home(stage, opened.view_id)).text;
      return now.includes('no such request for you') && now;
    });
    expect(text).not.toContain('support-bot');
  });
});
