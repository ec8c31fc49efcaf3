import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { LocalSlack } from '../../../packages/local-slack/src/server.js';
import { COMMANDS } from '../../../apps/cli/src/commands.js';
import { writ, type Session } from '../../../apps/cli/src/testing/terminal.js';
import { refundAsk } from '../../harness/actors/agent.js';
import { brokerEnvironment, startSlack } from '../../harness/brokers/broker.js';
import { brokenAfterwards } from '../../harness/judges/invariants.js';
import { created, setStage, type Stage } from '../../harness/world/stage.js';
import { until } from '../../harness/judges/until.js';

let slack: LocalSlack;
let stage: Stage;

beforeAll(async () => {
  slack = await startSlack({});
  stage = await setStage(() => undefined, { slack });
  slack.setRequestUrl(`${stage.broker.base}/slack/events`);
});
afterEach(() => {
  slack.faults.clear();
  slack.putChannel({ id: 'C0001', name: 'payments-oncall' });
});
afterAll(async () => {
  expect(await brokenAfterwards(stage.world, [stage.broker], 60_000)).toEqual([]);
  await stage.close();
  await slack.close();
}, 90_000);

let asks = 0;
async function ask(): Promise<string> {
  asks += 1;
  return created(await stage.caller('support-bot').ask(refundAsk(String(asks))), 202).id;
}
async function failures(id: string): Promise<string[]> {
  const { body } = await stage.caller('auditor-tool').get(`/v1/audit/events?escalation=${id}&type=card.failed`);
  return (body.items as { data: { error: string } }[]).map(({ data }) => data.error);
}
const failed = (id: string, error: string): Promise<true> =>
  until('the history says so', async () => (await failures(id)).includes(error), 40_000);
const logged = (part: string): string[] => stage.broker.logged.filter((line) => line.includes(part));
const metrics = async (): Promise<string> => await (await fetch(`${stage.broker.base}/metrics`)).text();
const posted = (id: string): Promise<true> =>
  until('the card is there', async () => (await stage.slack.cardsOf(id)).length === 1, 60_000);
const doctor = (at: LocalSlack = slack, changes: Readonly<Record<string, string>> = {}): Promise<Session> =>
  writ(['doctor'], { ...brokerEnvironment(stage.world, at, 0), ...changes });

describe('a card that Slack refuses', () => {
  it.each([
    ['invalid_auth', /SLACK_BOT_TOKEN/],
    ['token_revoked', /SLACK_BOT_TOKEN/],
    ['account_inactive', /SLACK_BOT_TOKEN/],
    ['missing_scope', /add the scope chat:write/],
    ['invalid_blocks', /please report it/],
    ['restricted_action', /settings forbid it/],
    ['some_new_refusal', /settings forbid it/],
    ['channel_not_found', /the id in writ\.yaml is wrong/],
  ])(
    'with %s is told once: in the log with what to do, in the history and in a metric',
    async (error, advice) => {
      slack.faults.set('chat.postMessage', { kind: 'error', error }, Infinity);
      const said = `Slack refuses chat.postMessage in C0001: ${error}`;
      const before = logged(said).length;
      const [one, two] = [await ask(), await ask()];
      await failed(one, error);
      await failed(two, error);
      const tries = slack.journal().length;
      if (/auth|revoked|inactive|scope/.test(error))
        await until('it is tried again', () => slack.journal().length > tries + 2, 40_000);
      expect(logged(said)).toHaveLength(before + 1);
      expect(logged(said).at(-1)).toMatch(advice);
      expect(await failures(one)).toEqual([error]);
      expect(await metrics()).toMatch(
        new RegExp(`writ_slack_refusals_total\\{[^}]*call="chat.postMessage",reason="${error}"[^}]*\\} [1-9]`),
      );
      for (const id of [one, two]) await (await stage.person('bob')).decide({ id, digest: await digestOf(id) }, 'deny');
    },
    120_000,
  );

  it('with several causes in turn is told each of them once, however often they come back', async () => {
    slack.faults.set('chat.postMessage', { kind: 'error', error: 'token_revoked' }, Infinity);
    const id = await ask();
    await failed(id, 'token_revoked');
    for (const error of ['invalid_auth', 'token_revoked', 'invalid_auth']) {
      slack.faults.set('chat.postMessage', { kind: 'error', error }, Infinity);
      const seen = slack.journal().filter((call) => call.error === error).length;
      await until('it was tried', () => slack.journal().filter((call) => call.error === error).length > seen, 40_000);
    }
    slack.faults.clear();
    await posted(id);
    expect((await failures(id)).sort()).toEqual(['invalid_auth', 'token_revoked']);
  }, 180_000);
});

async function digestOf(id: string): Promise<string> {
  return (await stage.caller('support-bot').get(`/v1/escalations/${id}`)).body.digest as string;
}

describe('an app that is not in the channel', () => {
  it('is told of in the log, and its waiting cards come as soon as it is invited', async () => {
    slack.putChannel({ id: 'C0001', name: 'payments-oncall', flags: { is_member: false } });
    const waiting = [await ask(), await ask()];
    for (const id of waiting) await failed(id, 'not_in_channel');
    expect(logged('chat.postMessage in C0001: not_in_channel').at(-1)).toMatch(/\/invite @Writ/);
    const { exit, out } = await doctor();
    expect(exit).toBe(1);
    expect(out).toMatch(/PROBLEM {2}channel C0001: not_in_channel: invite the app into the channel/);
    expect(out).toMatch(/PROBLEM {2}cards in C0001: 2 waiting, last failure not_in_channel at \d{4}/);
    expect(await stage.slack.call('invite', { user: 'U0001', channel: 'C0001' })).toMatchObject({
      ok: true,
      status: 200,
    });
    for (const id of waiting) await posted(id);
    for (const id of waiting) expect(await failures(id)).toEqual(['not_in_channel']);
    await until('the log says that it works', () => logged('takes chat.postMessage in C0001 again').length > 0);
    expect((await doctor()).out).toMatch(/ok {7}channel C0001\n/);
  }, 180_000);

  it('is not invited by what others do: a person who joins, another app, another workspace', async () => {
    slack.putChannel({ id: 'C0001', name: 'payments-oncall', flags: { is_member: false } });
    const id = await ask();
    await failed(id, 'not_in_channel');
    const { SLACK_APP_ID: api_app_id, SLACK_BOT_USER_ID: user, SLACK_TEAM_ID: team_id } = slack.env;
    const honest = { type: 'event_callback', team_id, api_app_id };
    const event = { type: 'member_joined_channel', user, channel: 'C0001' };
    for (const json of [
      { ...honest, event: { ...event, user: 'U0002' } },
      { ...honest, event: { ...event, channel: 'C0002' } },
      { ...honest, api_app_id: 'A0666', event },
      { ...honest, team_id: 'T0666', event },
    ])
      expect(await stage.slack.call('deliver', { json })).toMatchObject({ status: 200 });
    const { rows } = await stage.world.database.pool.query(
      `select "held_until" > clock_timestamp() as "held" from "slack_cards" where "escalation_id" = $1`,
      [id],
    );
    expect(rows).toEqual([{ held: true }]);
    slack.putChannel({ id: 'C0001', name: 'payments-oncall' });
    await posted(id);
  }, 180_000);
});

describe('the doctor', () => {
  it('finds nothing where all is well', async () => {
    const { exit, out } = await until('the cards are on record', async () => {
      const now = await doctor();
      return !now.out.includes('waiting') && now;
    });
    expect({ exit, problems: out.split('\n').filter((line) => line.startsWith('PROBLEM')) }).toEqual({
      exit: 0,
      problems: [],
    });
    expect(out).toContain('ok       sign-in at Slack');
    expect(out).toContain('ok       scope users:read');
  });

  it('names what is missing: a scope, a token, a wrong id, a channel that is not there', async () => {
    const poor = await startSlack({ scopes: ['chat:write', 'channels:read'], channels: [{ id: 'C0001', name: 'x' }] });
    try {
      const { out } = await doctor(poor);
      expect(out).toMatch(/PROBLEM {2}scope users:read: missing, needed for clicks/);
      expect(out).toMatch(/ok {7}channel C0001\n/);
      expect(out).toMatch(/PROBLEM {2}channel C0002: channel_not_found/);
      expect((await doctor(poor, { SLACK_BOT_ID: 'B0666' })).out).toMatch(/SLACK_BOT_ID is B0666, and should be B/);
      expect((await doctor(poor, { SLACK_BOT_TOKEN: 'xoxb-not-ours' })).out).toMatch(
        /PROBLEM {2}sign-in at Slack: invalid_auth/,
      );
    } finally {
      await poor.close();
    }
    expect((await doctor(slack, { SLACK_API_URL: 'http://127.0.0.1:9/api/' })).out).toMatch(
      /Slack cannot be asked now/,
    );
  });

  it('is a command like the others', () => {
    expect(COMMANDS.map(({ name }) => name)).toContain('doctor');
  });
});
