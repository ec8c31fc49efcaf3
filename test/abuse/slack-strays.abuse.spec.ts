import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { refundAsk } from '../harness/actors/agent.js';
import { brokenInvariants, settledCards } from '../harness/judges/invariants.js';
import type { Card } from '../harness/actors/person.js';
import { buttonValue, clickPayload, denyPayload } from '../harness/actors/slack-delivery.js';
import { created, setStage, type Stage } from '../harness/world/stage.js';
import { until } from '../harness/judges/until.js';

type Members = Record<string, unknown>;
interface Refused {
  readonly escalation_id: string | null;
  readonly actor: string;
  readonly data: Members;
}

let stage: Stage;
/** Pending throughout: nothing below may decide it. */
let escalation: string;
let card: Card;

beforeAll(async () => {
  stage = await setStage(() => undefined, { roles: 'api,slack,worker' });
  escalation = created(await stage.caller('support-bot').ask(refundAsk()), 202).id;
  card = await stage.slack.card(escalation);
});
/** As if a minute had passed: what was recorded once is recorded again. */
beforeEach(() => stage.world.database.pool.query(`delete from "slack_deliveries" where "replay_key" like 'stray:%'`));
afterAll(async () => {
  const { rows } = await stage.world.database.pool.query(
    `select e."status", (select count(*)::int from "votes") as "votes" from "escalations" e`,
  );
  expect(rows).toEqual([{ status: 'pending', votes: 0 }]);
  await settledCards(stage.world, stage.broker);
  expect(await brokenInvariants(stage.world)).toEqual([]);
  await stage.close();
});

/** Every refusal in the history that was sealed. */
async function refusals(): Promise<Refused[]> {
  const { rows } = await stage.world.database.pool.query<Refused>(
    `select v."escalation_id", v."actor_kind" || ':' || v."actor_id" as "actor", v."data" from "events" v
     where v."mac" is not null and v."type" = 'vote.refused' order by v."seq"`,
  );
  return rows;
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- whatever the driver says
const deliver = (payload: unknown): Promise<any> => stage.slack.call('deliver', { payload });

/** What a submitted form that is complete is answered: it stays open and says why. */
const STAYS_OPEN = /^\{"response_action":"errors","errors":\{"reason":"[^"]*Nothing was counted\.[^"]*"\}\}$/;

/** Delivers this, waits for its entry and answers it: exactly one. */
async function refusalOf(payload: Members): Promise<Refused | undefined> {
  const before = (await refusals()).length;
  const answer = await deliver(payload);
  expect(answer.status).toBe(200);
  expect(answer.body).toMatch(payload['type'] === 'view_submission' && answer.body !== '' ? STAYS_OPEN : /^$/);
  const after = await until('it is recorded', async () => {
    const now = await refusals();
    return now.length > before && now;
  });
  expect(after).toHaveLength(before + 1);
  return after.at(-1);
}

const OTHERS: Readonly<Record<string, unknown>> = { 'container.message_ts': '1700000000.000100' };

/** The payload without this member, or with another value in its place. */
function changed(payload: Members, path: string, value: unknown): Members {
  const copy = structuredClone(payload);
  const names = path.split('.');
  const last = names.pop() ?? '';
  const parent = names.reduce<Members>((node, name) => node[name] as Members, copy);
  if (value === undefined) delete parent[last];
  else parent[last] = value;
  return copy;
}

const SENDER = ['team.id', 'user.id', 'api_app_id', 'user'] as const;
const CLICK = [
  ...SENDER,
  'channel.id',
  'container.channel_id',
  'container.message_ts',
  'actions.0.value',
  'channel',
  'container',
  'actions',
] as const;
const SUBMISSION = [...SENDER, 'view', 'view.private_metadata', 'view.id'] as const;
/** Slack leaves one of the two out where an organisation installed the app; contradicting each other is something else. */
const EITHER = ['user.team_id', 'team'] as const;
/** The id of a modal is Slack's alone and says nothing: another one is as good. */
const NOT_COMPARED = ['view.id'];

describe.each<readonly [string, () => Members, readonly string[]]>([
  ['click on Approve', () => clickPayload(stage.broker, card, 'U0002'), CLICK],
  ['click on Deny', () => clickPayload(stage.broker, card, 'U0002', 'writ_deny'), CLICK],
  ['submitted denial', () => denyPayload(stage.broker, 'U0002', buttonValue(card), 'No.'), SUBMISSION],
])('a signed %s leaves an audit entry and nothing else', (_what, honest, fields) => {
  it.each(fields)('without %s', async (path) => {
    await refusalOf(changed(honest(), path, undefined));
  });

  it.each(fields)('with null as %s', async (path) => {
    await refusalOf(changed(honest(), path, null));
  });

  it.each([...fields, ...EITHER].filter((path) => !NOT_COMPARED.includes(path)))('with another %s', async (path) => {
    await refusalOf(changed(honest(), path, OTHERS[path] ?? 'X0666'));
  });

  it('without any team', async () => {
    await refusalOf(changed(changed(honest(), 'team', undefined), 'user.team_id', undefined));
  });
});

describe('such an entry', () => {
  it('names the person, the account and the request, where the delivery does', async () => {
    const told = await refusalOf(changed(clickPayload(stage.broker, card, 'U0002'), 'container.message_ts', undefined));
    const data = { via: 'slack', code: 'incomplete', action: 'writ_approve', slack_team: 'T0001', slack_user: 'U0002' };
    expect(told).toEqual({ escalation_id: escalation, actor: 'person:bob', data });
  });

  it('names nobody and nothing that it does not know', async () => {
    const told = await refusalOf(changed(clickPayload(stage.broker, card, 'U0002'), 'actions.0.value', 'x'));
    const about = { via: 'slack', action: 'click', slack_team: 'T0001', slack_user: 'U0002' };
    expect(told).toEqual({ escalation_id: null, actor: 'person:bob', data: { ...about, code: 'unknown_card' } });
  });

  it('carries nothing of what was sent beyond that', async () => {
    const nasty = { id: 'U0002\n{"x":1}', team_id: 'T0001' };
    const told = await refusalOf({ ...clickPayload(stage.broker, card, 'U0002'), user: nasty });
    expect(told).toMatchObject({ actor: 'system:writ', data: { slack_user: null, action: 'block_actions' } });
  });
});

describe('a flood of them', () => {
  it('by one person leaves one entry a minute and code, by accounts nobody knows one for all', async () => {
    const before = (await refusals()).length;
    // Two windows at most, should the minute turn meanwhile.
    const flood = Array.from({ length: 60 }, (_, index) => {
      const user = index % 2 === 0 ? 'U0002' : `U1${index}`;
      const click = { ...clickPayload(stage.broker, card, user), trigger_id: `9.${index}.x` };
      return deliver(index % 4 < 2 ? changed(click, 'channel', undefined) : changed(click, 'actions.0.value', 'x'));
    });
    await Promise.all(flood);
    const logged = () => stage.broker.logged.filter((entry) => entry.includes('a stray')).length;
    await until('all were heard', () => logged() >= 60);
    const marker = await refusalOf(changed(clickPayload(stage.broker, card, 'U0003'), 'channel', undefined));
    expect(marker).toMatchObject({ actor: 'person:carol' });
    const entries = (await refusals()).length - before - 1;
    expect(entries).toBeGreaterThanOrEqual(4);
    expect(entries).toBeLessThanOrEqual(8);
  });
});
