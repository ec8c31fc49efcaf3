import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { refundAsk } from '../../harness/actors/agent.js';
import { applyConfig } from '../../harness/world/apply.js';
import { SoftwareAuthenticator } from '../../harness/actors/authenticator.js';
import { brokenInvariants, settledCards } from '../../harness/judges/invariants.js';
import { addPasskey, enrolling, withPasskey } from '../../harness/actors/passkeys.js';
import { Person } from '../../harness/actors/person.js';
import { linkCode } from '../../harness/actors/slack-typing.js';
import { created, setStage, type Stage } from '../../harness/world/stage.js';
import { until } from '../../harness/judges/until.js';
import { BASE_POLICIES, type Config } from '../../harness/world/world.js';

/** Refunds take two of the group, so that a vote can stand while its person goes. */
const TWO = BASE_POLICIES.replace('@id("refunds")', '@id("refunds") @quorum("2")');
let stage: Stage;
let orders = 0;

beforeEach(async () => {
  await stage?.close();
  stage = await setStage(undefined, { policies: TWO });
});
afterAll(async () => {
  await settledCards(stage.world, stage.broker);
  expect(await brokenInvariants(stage.world)).toEqual([]);
  await stage.close();
});

const ask = async () => created(await stage.caller('support-bot').ask(refundAsk(`p${(orders += 1)}`)), 202);
const seen = async (id: string) => (await (await stage.person('olga')).send('GET', `/v1/escalations/${id}`)).body;
const eventsOf = async (type: string) =>
  (await stage.caller('auditor-tool').get(`/v1/audit/events?type=${type}`)).body.items as {
    escalation: string | null;
    actor: { id: string };
    data: Record<string, unknown>;
  }[];

/** Bob leaves the file, and another bob comes with the next one, in these members of `oncall`. */
async function anotherBob(oncall: readonly string[] = ['alice', 'bob', 'carol']): Promise<void> {
  const members = (config: Config, ids: readonly string[]): void => {
    (config.groups.find(({ id }) => id === 'oncall') as { members: string[] }).members = [...ids];
  };
  await applyConfig(stage.world, (config) => {
    config.people = config.people.filter(({ id }) => id !== 'bob');
    members(config, ['alice', 'carol']);
  });
  await applyConfig(stage.world, (config) => members(config, oncall));
}

describe('whoever comes under the id of somebody who left', () => {
  it('has none of the former one’s sessions, and each end is on record', async () => {
    const former = await stage.person('bob');
    await anotherBob();
    expect((await former.send('GET', '/v1/sessions/current')).status).toBe(401);
    expect(await eventsOf('session.closed')).toMatchObject([
      { actor: { id: 'olga' }, data: { person: 'bob', cause: 'left_the_configuration' } },
    ]);
    const comer = await Person.signIn(stage.world, stage.broker, 'bob');
    expect((await comer.send('GET', '/v1/sessions/current')).status).toBe(200);
  });

  it('is not whoever clicks with a Slack account that the former one had linked', async () => {
    stage.broker.slack.putPerson({ user: 'U0800', name: 'former-bob' });
    const former = await stage.person('bob');
    expect(await former.send('POST', '/v1/slack-links', { code: await linkCode(stage, 'U0800') })).toMatchObject({
      status: 201,
    });
    await anotherBob();
    expect(await eventsOf('slack_account.unlinked')).toMatchObject([{ data: { person: 'bob', slack_user: 'U0800' } }]);
    const asked = await ask();
    await stage.slack.click('U0800', (await stage.slack.card(asked.id)).ts, 'writ_approve');
    await stage.slack.click('U0002', (await stage.slack.card(asked.id)).ts, 'writ_approve');
    const { votes } = await until('the account of the configuration counts', async () => {
      const body = await seen(asked.id);
      return body.votes.length > 0 && body;
    });
    expect(votes).toMatchObject([{ person: 'bob' }]);
  });

  it('has none of the former one’s passkeys, and may register the key anew', async () => {
    await withPasskey(stage, 'bob');
    await anotherBob();
    expect(await eventsOf('passkey.removed')).toMatchObject([{ data: { person: 'bob', name: 'Laptop' } }]);
    const comer = await enrolling(stage, 'bob');
    expect((await comer.send('GET', '/v1/passkeys')).body).toMatchObject({ items: [] });
    expect(await addPasskey(comer, new SoftwareAuthenticator(stage.broker.issuer))).toMatchObject({ status: 201 });
  });

  it('finds the former one’s vote ended, and may vote themselves', async () => {
    const asked = await ask();
    await (await stage.person('bob')).decide(asked, 'approve');
    await anotherBob();
    expect(await eventsOf('vote.ended')).toMatchObject([
      { escalation: asked.id, data: { person: 'bob', verdict: 'approve', cause: 'left_the_configuration' } },
    ]);
    const approved = async (): Promise<unknown> => (await seen(asked.id)).approval.groups;
    expect(await approved()).toMatchObject([{ id: 'oncall', quorum: 2, approved: 0 }]);
    await (await stage.person('carol')).decide(asked, 'approve');
    expect(await seen(asked.id)).toMatchObject({ status: 'pending' });
    const comer = await Person.signIn(stage.world, stage.broker, 'bob');
    expect(await comer.decide(asked, 'approve')).toMatchObject({ status: 200, body: { vote: 'settled' } });
    const token = await stage.caller('support-bot').redeem(asked.continuation.deferral_code);
    expect(token.status).toBe(200);
  });

  it('takes nothing from what the former one had approved to collection', async () => {
    const asked = await ask();
    await (await stage.person('bob')).decide(asked, 'approve');
    await (await stage.person('carol')).decide(asked, 'approve');
    await anotherBob();
    expect((await stage.caller('support-bot').redeem(asked.continuation.deferral_code)).body).toMatchObject({
      error: 'access_denied',
    });
  });

  it('does not read what only the former one could, by having voted on it', async () => {
    const asked = await ask();
    await (await stage.person('bob')).decide(asked, 'deny');
    await anotherBob(['alice', 'carol']);
    const comer = await Person.signIn(stage.world, stage.broker, 'bob');
    expect((await comer.send('GET', `/v1/escalations/${asked.id}`)).status).toBe(404);
    expect((await comer.send('GET', '/v1/inbox?view=decided')).body.items).toEqual([]);
  });
});
