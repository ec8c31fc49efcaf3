import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { refundAsk } from '../../harness/actors/agent.js';
import { applyConfig } from '../../harness/world/apply.js';
import { brokenInvariants, settledCards } from '../../harness/judges/invariants.js';
import { openHome, clickHome, home, linkCode, writ } from '../../harness/actors/slack-typing.js';
import { created, setStage, type Stage } from '../../harness/world/stage.js';
import { asSuperuser } from '../../harness/world/superuser.js';
import { until } from '../../harness/judges/until.js';

let stage: Stage;
let accounts = 0;
/** An account that nobody has, new in each test. */
let account: string;

beforeAll(async () => {
  stage = await setStage();
});
beforeEach(() => {
  account = `U01${String((accounts += 1)).padStart(2, '0')}`;
  stage.broker.slack.putPerson({ user: account, name: account.toLowerCase() });
});
afterAll(async () => {
  await settledCards(stage.world, stage.broker);
  expect(await brokenInvariants(stage.world)).toEqual([]);
  await stage.close();
});

async function link(person: string, code: string) {
  return (await stage.person(person)).send('POST', '/v1/slack-links', { code });
}

/** Links the account to this person as people do it. */
async function linked(person: string): Promise<string> {
  const { status, body } = await link(person, await linkCode(stage, account));
  expect(status).toBe(201);
  return (body as { id: string }).id;
}

const events = async (type: string) => {
  const { body } = await stage.caller('auditor-tool').get(`/v1/audit/events?type=${type}`);
  return (body as { items: { actor: { id: string }; data: Record<string, unknown> }[] }).items;
};

describe('linking a Slack account', () => {
  it('takes a code of the bot and the person’s own session, and is on the record', async () => {
    const { status, body } = await link('bob', await linkCode(stage, account));
    expect([status, body]).toEqual([
      201,
      {
        id: expect.stringMatching(/^evt_/),
        team: 'T0001',
        user: account,
        bound_by: 'person',
        bound_at: expect.any(String),
      },
    ]);
    const { body: mine } = await (await stage.person('bob')).send('GET', '/v1/slack-links');
    expect((mine as { items: object[] }).items).toEqual([
      { id: null, team: 'T0001', user: 'U0002', bound_by: 'configuration', bound_at: null },
      body,
    ]);
    expect((await events('slack_account.linked'))[0]).toMatchObject({
      id: (body as { id: string }).id,
      actor: { id: 'bob' },
      data: { slack_team: 'T0001', slack_user: account },
    });
  });

  it('makes a click with that account the vote of the person', async () => {
    await linked('bob');
    const { id } = created(await stage.caller('support-bot').ask(refundAsk('1001')), 202);
    await stage.slack.click(account, (await stage.slack.card(id)).ts, 'writ_approve');
    const seen = await until('it is approved', async () => {
      const { body } = await (await stage.person('olga')).send('GET', `/v1/escalations/${id}`);
      return body.status === 'approved' && body;
    });
    expect(seen.votes).toMatchObject([{ person: 'bob', verdict: 'approve', via: 'slack' }]);
  });

  it('leaves one human one vote, whichever account or channel', async () => {
    await linked('bob');
    const export_ = {
      authorization_details: [{ type: 'tool_call', actions: ['ledger.export'], arguments: { period: '2026' } }],
    };
    const { id, digest } = created(await stage.caller('support-bot').ask(refundAsk('1002', export_)), 202);
    const { ts } = await stage.slack.card(id, 'C0001');
    await stage.slack.click(account, ts, 'writ_approve');
    await stage.slack.click('U0002', ts, 'writ_approve');
    expect((await (await stage.person('bob')).decide({ id, digest }, 'approve')).status).toBe(200);
    const { body } = await (await stage.person('olga')).send('GET', `/v1/escalations/${id}`);
    expect([body.status, body.votes.map((vote: { person: string }) => vote.person)]).toEqual(['pending', ['bob']]);
    const other = await (await stage.person('bob')).decide({ id, digest }, 'deny');
    expect([other.status, other.body.code]).toEqual([409, 'already_voted']);
  });

  it('refuses the owner of an agent under a second account too', async () => {
    await linked('alice');
    const { id } = created(await stage.caller('support-bot').ask(refundAsk('1003')), 202);
    await stage.slack.click(account, (await stage.slack.card(id)).ts, 'writ_approve');
    const { body } = await (await stage.person('olga')).send('GET', `/v1/escalations/${id}`);
    expect([body.status, body.votes]).toEqual(['pending', []]);
  });

  it('uses a code up, and a new one voids the one before', async () => {
    const first = await linkCode(stage, account);
    const second = await linkCode(stage, account);
    expect((await link('bob', first)).status).toBe(404);
    expect((await link('bob', second.toLowerCase().replaceAll('-', ' '))).status).toBe(201);
    expect((await link('bob', second)).status).toBe(404);
  });

  it('takes no code past its ten minutes, and keeps only a hash of it', async () => {
    const code = await linkCode(stage, account);
    const { rows } = await stage.world.database.pool.query('select * from "slack_link_codes" where "user" = $1', [
      account,
    ]);
    expect(JSON.stringify(rows)).not.toContain(code.replaceAll('-', ''));
    await asSuperuser(stage.world, `update "slack_link_codes" set "expires_at" = clock_timestamp() where "user" = $1`, [
      account,
    ]);
    expect((await link('bob', code)).status).toBe(404);
  });

  it.each(['', 'AAAA-AAAA', 'AAAA-AAAA-AAAA', 'ÅÅÅÅ-ÅÅÅÅ-ÅÅÅÅ', `' or 1=1 --`])('knows no code «%s»', async (code) => {
    expect([400, 404]).toContain((await link('bob', code)).status);
  });

  it('is refused, and recorded, for an account that the configuration gives to somebody else', async () => {
    const code = await linkCode(stage, account);
    await applyConfig(stage.world, (config) => {
      config.people.find((person) => person.id === 'erin')?.slack.push({ team: 'T0001', user: account });
    });
    const { status, body } = await link('bob', code);
    expect([status, body.code]).toEqual([409, 'already_linked']);
    expect((await events('slack_account.link_refused'))[0]).toMatchObject({
      actor: { id: 'bob' },
      data: { slack_user: account, code: 'already_linked' },
    });
    await applyConfig(stage.world, () => undefined);
  });

  it('counts for nobody where configuration and a link name two people', async () => {
    await linked('bob');
    await applyConfig(stage.world, (config) => {
      config.people.find((person) => person.id === 'carol')?.slack.push({ team: 'T0001', user: account });
    });
    expect(await writ(stage, account, 'list')).toContain('not linked to a person');
    await applyConfig(stage.world, () => undefined);
    expect(await writ(stage, account, 'list')).not.toContain('not linked to a person');
  });

  it('tells whoever is linked already that they are, and gives no code', async () => {
    expect(await writ(stage, 'U0002', 'link')).toBe('This Slack account is linked: you act as bob.');
    await linked('carol');
    expect(await writ(stage, account, 'link')).toContain('you act as carol');
  });

  it.each([
    ['a guest', { is_restricted: true }],
    ['an account of another organisation', { is_stranger: true }],
    ['a bot', { is_bot: true }],
    ['a deactivated account', { deleted: true }],
  ])('gives no code to %s', async (_, flags) => {
    stage.broker.slack.putPerson({ user: account, name: 'somebody', flags });
    expect(await writ(stage, account, 'link')).toContain('Nothing was counted.');
    const { rowCount } = await stage.world.database.pool.query('select 1 from "slack_link_codes" where "user" = $1', [
      account,
    ]);
    expect(rowCount).toBe(0);
  });

  it('never follows from an e-mail address', async () => {
    stage.broker.slack.putPerson({ user: account, name: 'bob', flags: { profile: { email: 'bob@example.com' } } });
    expect(await writ(stage, account, 'list')).toContain('not linked to a person');
  });

  it('can begin in the Home tab', async () => {
    const opened = await openHome(stage, account);
    expect(opened.text).toContain('This Slack account is not linked');
    await clickHome(stage, account, opened.view_id, 'writ_home_link');
    const code = await until(
      'the code is shown',
      async () => /[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}/.exec((await home(stage, opened.view_id)).text)?.[0],
    );
    expect((await link('carol', code)).status).toBe(201);
    expect((await openHome(stage, account)).text).toContain('You act as carol.');
  });
});

describe('a link', () => {
  it('ends at its person’s word, and the account is nobody’s from then on', async () => {
    const id = await linked('bob');
    expect((await (await stage.person('carol')).send('DELETE', `/v1/slack-links/${id}`)).status).toBe(404);
    expect((await (await stage.person('bob')).send('DELETE', `/v1/slack-links/${id}`)).status).toBe(204);
    expect((await (await stage.person('bob')).send('DELETE', `/v1/slack-links/${id}`)).status).toBe(404);
    expect(await writ(stage, account, 'list')).toContain('not linked to a person');
    expect((await events('slack_account.unlinked'))[0]).toMatchObject({ data: { slack_user: account } });
    await linked('carol');
  });

  it('is people’s own business: no agent and no client can make one', async () => {
    const code = await linkCode(stage, account);
    for (const caller of ['support-bot', 'ops-cli']) {
      expect((await stage.caller(caller).send('POST', '/v1/slack-links', { code })).status).toBe(403);
    }
    expect((await link('bob', code)).status).toBe(201);
  });

  it('cannot be rewritten, only ended', async () => {
    const id = await linked('bob');
    const { pool } = stage.world.database;
    await expect(pool.query(`update "slack_bindings" set "person_id" = 'carol' where "id" = $1`, [id])).rejects.toThrow(
      'a link ends',
    );
    await expect(pool.query(`delete from "slack_bindings" where "id" = $1`, [id])).rejects.toThrow('append-only');
  });
});
