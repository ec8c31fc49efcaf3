import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { answer, refundAsk } from '../../harness/actors/agent.js';
import { applyConfig } from '../../harness/world/apply.js';
import { type SoftwareAuthenticator } from '../../harness/actors/authenticator.js';
import { signApproval, STEP_UP_POLICIES, withPasskey } from '../../harness/actors/passkeys.js';
import { setServedStage, type ServedStage } from '../../harness/world/serving-role.js';
import { created } from '../../harness/world/stage.js';
import { asSuperuser } from '../../harness/world/superuser.js';
import { until } from '../../harness/judges/until.js';

let stage: ServedStage;
let orders = 0;

beforeAll(async () => {
  stage = await setServedStage(undefined, { policies: STEP_UP_POLICIES });
});
afterAll(() => stage.close());

const ask = async (agent = 'support-bot') =>
  created(await stage.caller(agent).ask(refundAsk(`s${(orders += 1)}`)), 202);
/** The database does it: what follows is not for want of the right. */
const writes = async (statement: string, values: readonly unknown[] = []): Promise<void> =>
  expect(await stage.tries(statement, values)).toBeNull();
const hash = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex');
const secret = (): string => randomBytes(32).toString('base64url');
const current = async (cookie: string): Promise<number> =>
  (await fetch(`${stage.broker.base}/v1/sessions/current`, { headers: { cookie } })).status;

/** How often the history tells of a broken seal of this kind, once it does. */
async function told(kind: string): Promise<string[]> {
  return until(`a broken seal of ${kind} is told`, async () => {
    const { body } = await stage.caller('auditor-tool').get('/v1/audit/events?type=seal.broken&limit=200');
    const rows = (body.items as { data: { kind: string; row: string } }[]).filter(({ data }) => data.kind === kind);
    return rows.length > 0 && rows.map(({ data }) => data.row);
  });
}

describe('whoever has the serving role’s rights and no master key', () => {
  it('makes nobody an approver by a configuration of their own', async () => {
    await writes(
      `insert into "config_versions" ("seq", "sha256", "catalog", "policies", "policy_version", "applied_by", "people", "mac")
       select "seq" + 1000000, "sha256", replace("catalog"::text, '"members": ["alice", "bob", "carol"]', '"members": ["alice", "bob", "carol", "omar"]')::jsonb,
         "policies", "policy_version", "applied_by", "people", "mac" from "config_versions" order by "seq" desc limit 1`,
    );
    const { rows } = await stage.world.database.pool.query<{ oncall: string[] }>(
      `select g -> 'members' as "oncall" from "config_versions" c, jsonb_array_elements(c."catalog" -> 'groups') g
       where c."seq" = 1000001 and g ->> 'id' = 'oncall'`,
    );
    expect(rows[0]?.oncall).toContain('omar');
    const asked = await ask();
    expect(await (await stage.person('omar')).decide(asked, 'approve')).toMatchObject({
      status: 403,
      body: { code: 'not_eligible' },
    });
    expect(await told('configuration')).toEqual(['1000001']);
  });

  it('cannot hide what is applied afterwards behind such a row', async () => {
    await applyConfig(stage.world, ({ groups }) => void groups.push({ id: 'watchers', members: ['erin'] }));
    const asked = await ask();
    expect((await (await stage.person('carol')).decide(asked, 'deny')).status).toBe(200);
    expect(await told('configuration')).toHaveLength(1);
  });

  it('puts no earlier configuration last', async () => {
    await writes(
      `insert into "config_versions" ("sha256", "catalog", "policies", "policy_version", "applied_by", "people", "mac")
       select "sha256", "catalog", "policies", "policy_version", "applied_by", "people", "mac" from "config_versions" order by "seq" limit 1`,
    );
    expect((await ask()).digest).toMatch(/^sha256:/);
    expect((await told('configuration')).length).toBe(2);
  });

  it.each([
    [
      'a session',
      `insert into "sessions" ("token_hash", "id", "person_id", "expires_at") values ($1, $2, 'bob', now() + interval '1 hour')`,
    ],
    [
      'a session with the seal of another',
      `insert into "sessions" ("token_hash", "id", "person_id", "person_uid", "signed_in_by", "fresh", "created_at", "expires_at", "mac")
       select $1, $2, "person_id", "person_uid", "signed_in_by", "fresh", "created_at", "expires_at", "mac" from "sessions" limit 1`,
    ],
  ])('opens nothing with %s of their own', async (_what, statement) => {
    await stage.person('bob');
    const token = secret();
    await writes(statement, [hash(token), secret()]);
    expect(await current(`__Host-writ_session=${token}`)).toBe(401);
    await told('session');
  });

  it('casts no vote in a person’s name, and keeps nobody from their own', async () => {
    const asked = await ask('rival-bot');
    await writes(
      `insert into "votes" ("id", "escalation_id", "person_id", "verdict", "digest", "via", "mac", "person_uid")
       values ('vote_forged', $1, 'carol', 'approve', $2, 'rest', repeat('0', 43),
         (select "people" -> 'carol' ->> 'uid' from "config_versions" where "mac" is not null order by "seq" limit 1))`,
      [asked.id, asked.digest],
    );
    const carol = await stage.person('carol');
    expect((await carol.send('GET', `/v1/escalations/${asked.id}`)).body.votes).toEqual([]);
    expect(await carol.decide(asked, 'deny')).toMatchObject({ status: 200, body: { vote: 'settled' } });
    expect(await told('vote')).toEqual(['vote_forged']);
  });

  it('lets no owner judge what their own agent asks', async () => {
    await writes(`update "agents" set "owner" = 'nobody' where "id" = 'rival-bot'`);
    const asked = created(
      await stage.caller('rival-bot').ask({
        ...refundAsk(),
        authorization_details: [{ type: 'tool_call', actions: ['ledger.export'], arguments: { period: '2026-11' } }],
      }),
      202,
    );
    expect(await (await stage.person('dave')).decide(asked, 'deny')).toMatchObject({
      status: 403,
      body: { why: 'owner_of_the_agent' },
    });
  });

  it('signs nobody in with a login code of their own', async () => {
    const code = secret();
    await writes(
      `insert into "login_codes" ("code_hash", "person_id", "expires_at") values ($1, 'bob', now() + interval '5 minutes')`,
      [hash(code)],
    );
    const opened = await fetch(`${stage.broker.base}/v1/sessions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ code }),
    });
    expect((await answer(opened)).status).toBe(401);
    expect(await told('login_code')).toEqual(['of bob']);
  });

  it('makes no click of a stranger the vote of a person', async () => {
    stage.broker.slack.putPerson({ user: 'U0900', name: 'mallory' });
    await writes(
      `insert into "slack_bindings" ("id", "team", "user", "person_id", "bound_at") values ('evt_forged', 'T0001', 'U0900', 'carol', now())`,
    );
    const asked = await ask('rival-bot');
    await stage.slack.click('U0900', (await stage.slack.card(asked.id)).ts, 'writ_deny');
    expect(await told('slack_binding')).toEqual(['evt_forged']);
    const { body } = await (await stage.person('olga')).send('GET', `/v1/escalations/${asked.id}`);
    expect(body).toMatchObject({ status: 'pending', votes: [] });
  });
});

describe('the tables’ owner', () => {
  it('turns no session into that of somebody else, nor a plain one into one that may enrol', async () => {
    const dave = await stage.person('dave');
    await asSuperuser(stage.world, `update "sessions" set "person_id" = 'bob' where "person_id" = 'dave'`, []);
    expect(await current(dave.cookie)).toBe(401);
    const erin = await stage.person('erin');
    await asSuperuser(stage.world, `update "sessions" set "signed_in_by" = 'enrolment' where "person_id" = 'erin'`, []);
    expect(await current(erin.cookie)).toBe(401);
  });
});

describe('a passkey that nobody enrolled', () => {
  let carol: SoftwareAuthenticator;

  beforeEach(async () => {
    carol ??= await withPasskey(stage, 'carol');
  });

  it('signs for nobody, though its key is right', async () => {
    const bob = await stage.person('bob');
    const asked = await ask();
    // The key is real and enrolled, but for another person.
    const mallory = await withPasskey(stage, 'erin');
    await writes(
      `insert into "passkeys" ("id", "person_id", "name", "public_key", "counter", "transports", "person_uid", "mac")
       select $1, 'bob', "name", "public_key", "counter", "transports", (select "people" -> 'bob' ->> 'uid' from "config_versions" where "mac" is not null order by "seq" limit 1), "mac"
       from "passkeys" where "person_id" = 'erin'`,
      [Buffer.from('forged').toString('base64url')],
    );
    expect(
      await bob.send('POST', `/v1/escalations/${asked.id}/step-up`, { verdict: 'approve', digest: asked.digest }),
    ).toMatchObject({
      status: 401,
      body: { why: 'no_passkey' },
    });
    expect(mallory).toBeDefined();
    expect(await told('passkey')).toEqual([Buffer.from('forged').toString('base64url')]);
  });

  it('counts no more where the tables’ owner has given it to somebody else', async () => {
    const person = await stage.person('carol');
    const asked = await ask();
    const signed = await signApproval(person, carol, asked);
    await asSuperuser(stage.world, `update "passkeys" set "public_key" = '\\x00' where "person_id" = $1`, ['carol']);
    expect((await person.decide(asked, 'approve', { step_up: signed })).status).toBe(401);
  });
});
