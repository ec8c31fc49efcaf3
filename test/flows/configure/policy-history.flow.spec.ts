import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readAsk, refundAsk } from '../../harness/actors/agent.js';
import { applyConfig } from '../../harness/world/apply.js';
import { created, setStage, type Stage } from '../../harness/world/stage.js';
import { asSuperuser } from '../../harness/world/superuser.js';
import { BASE_POLICIES } from '../../harness/world/world.js';

let stage: Stage;
let first: string;
let second: string;
let third: string;

const TIGHTER = BASE_POLICIES.replace('@max_ttl("600")', '@max_ttl("60")').replace('@quorum("2")', '');
const as = async (who: string, path: string) => (await stage.person(who)).send('GET', path);
const versionOf = async (): Promise<string> => (await as('bob', '/v1/policies')).body.version as string;
const configurationOf = async (): Promise<string> =>
  (await as('bob', '/v1/policies/changes')).body.items[0].applied.configuration as string;

beforeAll(async () => {
  stage = await setStage();
  first = await versionOf();
  await stage.caller('support-bot').ask(readAsk());
  created(await stage.caller('support-bot').ask(refundAsk()), 202);
  await applyConfig(stage.world, () => undefined, TIGHTER);
  second = await versionOf();
  await stage.caller('support-bot').ask(readAsk());
  await stage.caller('support-bot').ask({
    ...readAsk(),
    authorization_details: [{ type: 'tool_call', actions: ['ledger.drop'] }],
  });
  await applyConfig(
    stage.world,
    (config) => {
      config.groups[1] = { ...config.groups[1], members: ['carol', 'dave', 'bob'] };
      config.limits.creates_per_minute = 4_000;
    },
    TIGHTER,
  );
  third = await versionOf();
}, 60_000);
afterAll(() => stage.close());

describe('the history of policy', () => {
  it('has every application, newest first: when, by whom, how much it changed and what was asked under it', async () => {
    const { items, next_cursor } = (await as('bob', '/v1/policies/changes')).body;
    expect(next_cursor).toBeNull();
    expect(items).toMatchObject([
      {
        sound: true,
        in_force: true,
        applied: { version: third, time_sealed: true, by: { kind: 'person', id: 'olga' }, by_name: 'olga' },
        from: { version: second },
        counts: { policies_added: 0, policies_removed: 0, policies_changed: 0, catalog: 2 },
        decisions: { allowed: 0, asked: 0, denied: 0, more: false },
      },
      {
        in_force: false,
        from: { version: first },
        counts: { policies_changed: 2, catalog: 0 },
        decisions: { allowed: 1, asked: 0, denied: 1, more: false },
      },
      {
        from: null,
        applied: { by: { kind: 'system', id: 'writ' }, by_name: null },
        decisions: { allowed: 1, asked: 1, denied: 0 },
      },
    ]);
    expect(Math.abs(Date.parse(items[0].applied.at as string) - Date.now())).toBeLessThan(600_000);
  });

  it('comes in pages, and a page ends an interval where the page before it began', async () => {
    const whole = (await as('erin', '/v1/policies/changes')).body.items as object[];
    const paged: object[] = [];
    let cursor = '';
    do {
      const page = (await as('erin', `/v1/policies/changes?limit=1${cursor}`)).body;
      paged.push(...(page.items as object[]));
      cursor = page.next_cursor === null ? '' : `&cursor=${page.next_cursor as string}`;
    } while (cursor !== '');
    expect(paged).toEqual(whole);
    const { next_cursor } = (await as('erin', '/v1/policies/changes?limit=1')).body;
    expect((await as('bob', `/v1/policies/changes?limit=1&cursor=${next_cursor as string}`)).status).toBe(400);
  });

  it('gives a set that was in force whole, long after it was replaced', async () => {
    const { status, body } = await as('alice', `/v1/policies/${first}`);
    expect(status).toBe(200);
    expect(body).toMatchObject({ version: first, in_force: false, first: { by: { kind: 'system' } } });
    expect(body.files).toEqual([
      {
        name: 'all.cedar',
        text: BASE_POLICIES,
        policies: expect.arrayContaining([{ id: 'reads', role: 'allow', line: 2 }]),
      },
    ]);
    expect((await as('alice', `/v1/policies/${third}`)).body).toMatchObject({ in_force: true });
  });

  it('tells two versions apart policy by policy, in unified diffs', async () => {
    // Under the same version the catalogue has moved on, so the hash of the configuration says which is meant.
    const to = (await as('bob', '/v1/policies/changes')).body.items[1].applied.configuration as string;
    const { policies, catalog } = (await as('bob', `/v1/policies/diff?from=${first}&to=${to}`)).body;
    expect(policies).toMatchObject([
      { policy: 'reads', change: 'changed', file: 'all.cedar' },
      { policy: 'exports-oncall', change: 'changed' },
    ]);
    expect(policies[0].diff).toContain(
      '-@id("reads") @outcome("allow") @max_ttl("600")\n+@id("reads") @outcome("allow") @max_ttl("60")\n',
    );
    expect(catalog).toEqual([]);
  });

  it('tells what changed in the catalogue, where the policies are the same', async () => {
    expect(third).toBe(second);
    const [newest, before] = (await as('bob', '/v1/policies/changes')).body.items;
    const path = `/v1/policies/diff?from=${before.applied.configuration as string}&to=${newest.applied.configuration as string}`;
    expect((await as('bob', path)).body).toMatchObject({
      policies: [],
      catalog: [
        { kind: 'group', change: 'changed', id: 'security', details: ['members.bob: added'] },
        { kind: 'limits', change: 'changed', id: 'limits', details: ['creates_per_minute: 5000 → 4000'] },
      ],
    });
  });

  it.each([
    ['an unknown version', '/v1/policies/sha256:00', 404],
    ['a version that is no text', '/v1/policies/%00', 404],
    ['a version that nobody applied', `/v1/policies/sha256:${'0'.repeat(64)}`, 404],
    [
      'a diff with one that nobody applied',
      `/v1/policies/diff?from=sha256:${'0'.repeat(64)}&to=sha256:${'1'.repeat(64)}`,
      404,
    ],
    ['a diff without its other side', `/v1/policies/diff?from=sha256:${'0'.repeat(64)}`, 400],
    ['a diff of what is no hash', `/v1/policies/diff?from=a&to=b`, 400],
    ['a filter that there is not', '/v1/policies/changes?by=olga', 400],
  ])('refuses %s', async (_what, path, status) => {
    expect((await as('bob', path)).status).toBe(status);
  });

  it('is for people with a role, as the policies in force are', async () => {
    for (const path of ['changes', `diff?from=${first}&to=${second}`, first]) {
      expect((await as('omar', `/v1/policies/${path}`)).status).toBe(403);
      expect((await stage.caller('auditor-tool').get(`/v1/policies/${path}`)).status).toBe(403);
    }
  });

  it('shows nothing of a row that somebody else wrote or changed, and says that it is there', async () => {
    const before = await configurationOf();
    await asSuperuser(
      stage.world,
      `insert into "config_versions" ("sha256", "catalog", "policies", "policy_version", "applied_by", "people", "mac")
       select 'sha256:' || repeat('9', 64), "catalog", "policies", "policy_version", 'person:olga', "people", "mac" from "config_versions" order by "seq" limit 1`,
      [],
    );
    await asSuperuser(
      stage.world,
      `insert into "config_versions" ("sha256", "catalog", "policies", "policy_version", "applied_by")
       select 'sha256:' || repeat('8', 64), "catalog", "policies", 'sha256:' || repeat('8', 64), 'person:olga' from "config_versions" order by "seq" limit 1`,
      [],
    );
    const { items } = (await as('bob', '/v1/policies/changes')).body;
    const nothing = { sound: false, applied: null, from: null, counts: null, decisions: null, in_force: false };
    expect(items.slice(0, 2)).toMatchObject([
      { why: 'no_seal', ...nothing },
      { why: 'broken_seal', ...nothing },
    ]);
    expect(items[2]).toMatchObject({ in_force: true, applied: { configuration: before } });
    expect((await as('bob', `/v1/policies/sha256:${'9'.repeat(64)}`)).body).toMatchObject({
      status: 404,
      why: 'broken_seal',
    });
    expect((await as('bob', `/v1/policies/sha256:${'8'.repeat(64)}`)).body).toMatchObject({ status: 404 });
    // Rows that never counted end nobody's interval.
    expect(items[2].decisions).toEqual({ allowed: 0, asked: 0, denied: 0, more: false });
    await stage.caller('support-bot').ask(readAsk());
    expect((await as('bob', '/v1/policies/changes')).body.items[2].decisions).toMatchObject({ allowed: 1 });
  });

  it('comes at most 20 at a time, whatever limit is asked for, and the cursor leads on to the first one', async () => {
    await asSuperuser(
      stage.world,
      `insert into "config_versions" ("sha256", "catalog", "policies", "policy_version", "applied_by")
       select 'sha256:' || lpad(n::text, 64, '7'), c."catalog", c."policies", c."policy_version", 'person:olga'
       from (select * from "config_versions" order by "seq" limit 1) c, generate_series(1, 45) n`,
      [],
    );
    const seen: { seq: number }[] = [];
    const sizes: number[] = [];
    let cursor = '';
    do {
      const page = (await as('erin', `/v1/policies/changes?limit=200${cursor}`)).body;
      seen.push(...(page.items as { seq: number }[]));
      sizes.push((page.items as object[]).length);
      cursor = page.next_cursor === null ? '' : `&cursor=${page.next_cursor as string}`;
    } while (cursor !== '');
    expect(sizes).toEqual([20, 20, 10]);
    expect(seen.at(-1)).toMatchObject({ sound: true, from: null });
    expect(new Set(seen.map(({ seq }) => seq)).size).toBe(50);
    expect((await as('erin', '/v1/policies/changes')).body.items).toHaveLength(20);
    expect((await as('erin', '/v1/policies/changes?limit=201')).status).toBe(422);
    await asSuperuser(stage.world, `delete from "config_versions" where "sha256" like 'sha256:777%'`, []);
  });

  it('believes no moment that somebody has moved', async () => {
    await asSuperuser(
      stage.world,
      `update "config_versions" set "applied_at" = "applied_at" - interval '1 day' where "policy_version" = $1 and "mac" is not null and "seq" = (select min("seq") from "config_versions" where "policy_version" = $1)`,
      [second],
    );
    const { items } = (await as('bob', '/v1/policies/changes')).body;
    expect(items.find((item: { seq: number }) => item.seq === items.at(-2).seq)).toMatchObject({
      sound: false,
      why: 'broken_seal',
    });
  });
});
