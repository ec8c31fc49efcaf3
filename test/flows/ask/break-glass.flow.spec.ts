import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Catalog } from '#domain/catalog.js';
import { catalogWords } from '#domain/words/catalog-words.js';
import type { RegistrySource } from '#escalations/ports.js';
import type { DatabasePool } from '#persistence/connection/pool.js';
import { PostgresBreakGlassUses } from '#persistence/ask/postgres-break-glass.js';
import type { SlackGateway } from '#slack/send/slack-gateway.js';
import { SlackBreakGlassTeller } from '../../../apps/broker/src/slack/cards/slack-break-glass-teller.js';
import { writ } from '../../../apps/cli/src/testing/terminal.js';
import { brokenInvariants } from '../../harness/judges/invariants.js';
import { useCasesOf } from '../../harness/world/sealed.js';
import { setStage, type Stage } from '../../harness/world/stage.js';
import { until } from '../../harness/judges/until.js';
import { BASE_POLICIES } from '../../harness/world/world.js';

const POLICIES = `${BASE_POLICIES}
@id("drop-emergency") @outcome("require_approval") @approvers("security") @max_ttl("250")
permit (principal in Writ::Group::"support", action == Writ::Action::"ledger.drop", resource) when { context.break_glass };
@id("drop-unless-emergency")
forbid (principal, action == Writ::Action::"ledger.drop", resource) unless { context.break_glass };
@id("quick-emergency") @outcome("allow") @max_ttl("280")
permit (principal in Writ::Group::"support", action == Writ::Action::"quick.ask", resource) when { context.break_glass };
@id("quick-ordinary") @outcome("require_approval") @approvers("security") @window("60")
permit (principal in Writ::Group::"support", action == Writ::Action::"quick.ask", resource) unless { context.break_glass };
`
  .replace(/@id\("no-drops"\)[^;]*;/, '')
  .replace(/@id\("quick"\)[^;]*;/, '');

const GROUPS = [
  { id: 'security', slackChannel: 'C0002' },
  { id: 'owners', slackChannel: 'C0001' },
];

const WHY = 'Payments are down since noon.';

function emergency(action: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    resource: 'https://payments.example',
    authorization_details: [{ type: 'tool_call', actions: [action] }],
    requested_ttl: 300,
    task: { id: 'run-1' },
    break_glass: true,
    justification: WHY,
    ...more,
  };
}

let stage: Stage;

beforeAll(async () => {
  stage = await setStage(
    (config) => {
      const owners = config.groups.find((group) => group['id'] === 'owners');
      if (owners !== undefined) owners['slack_channel'] = 'C0001';
      config.people = config.people.map((person) =>
        person.id === 'alice' ? { ...person, roles: ['approver', 'operator'] } : person,
      );
      Object.assign(config.limits, { break_glass_ttl: 120 });
    },
    { policies: POLICIES },
  );
});
afterAll(async () => {
  expect(await brokenInvariants(stage.world)).toEqual([]);
});
afterAll(() => stage.close());

const uses = async (query = ''): Promise<Record<string, unknown>[]> =>
  (await stage.caller('auditor-tool').get(`/v1/break-glass${query}`)).body.items as Record<string, unknown>[];

describe('break-glass that makes a difference', () => {
  let used: { id: string };

  it('needs a reason of 20 characters, and without one nothing is written', async () => {
    for (const justification of [null, 'x'.repeat(19), `  ${'x'.repeat(19)}    `]) {
      expect(await stage.caller('support-bot').ask(emergency('quick.ask', { justification }))).toMatchObject({
        status: 422,
        body: { code: 'out_of_range', errors: [{ pointer: '/justification' }] },
      });
    }
    expect(await uses()).toEqual([]);
  });

  it('is granted by policy, for the short time of the configuration', async () => {
    const answer = await stage.caller('support-bot').ask(emergency('quick.ask'));
    expect(answer).toMatchObject({ status: 201, body: { status: 'approved', granted: { ttl: 120 } } });
    used = answer.body as { id: string };
  });

  it('is told at once to everyone who was passed over, each channel once', async () => {
    for (const channel of ['C0001', 'C0002']) {
      const told = await until(`the notice in ${channel}`, async () =>
        (await stage.slack.cardsOf(used.id)).find((message) => message.channel === channel),
      );
      expect(JSON.stringify(told.blocks)).toContain('BREAK GLASS');
      expect(JSON.stringify(told.blocks)).toContain(WHY);
      expect(JSON.stringify(told.blocks)).toContain('1. quick.ask [');
    }
    expect(await stage.slack.cardsOf(used.id)).toHaveLength(2);
  });

  it('is told by whoever takes the job over from a worker that died while it told it, once its time is over', async () => {
    const { pool } = stage.world.database;
    const claimed = (at: string): Promise<unknown> =>
      pool.query(
        `update "break_glass_notices" set "sent_at" = null, "claimed_at" = ${at} where "escalation_id" = $1 and "channel" = 'C0002'`,
        [used.id],
      );
    const posts: string[] = [];
    const catalog = { groups: GROUPS, agents: [], people: [], resources: [] } as unknown as Catalog;
    const teller = new SlackBreakGlassTeller(
      useCasesOf(stage.world, pool as DatabasePool).store,
      {
        current: async () => ({ catalog, words: catalogWords(catalog, () => new Set()) }),
      } as unknown as RegistrySource,
      new PostgresBreakGlassUses(pool as DatabasePool),
      { post: async (channel: string) => ({ kind: 'ok', ts: `${posts.push(channel)}` }) } as unknown as SlackGateway,
    );
    await claimed('clock_timestamp()');
    expect([await teller.tell(used.id), posts]).toEqual([{ retryAfterSeconds: 2 }, []]);
    await claimed(`clock_timestamp() - interval '21 seconds'`);
    expect([await teller.tell(used.id), posts]).toEqual(['done', ['C0002']]);
    expect([await teller.tell(used.id), posts]).toEqual(['done', ['C0002']]);
  });

  it('is marked for people, and in the history with whom it skipped', async () => {
    const olga = await stage.person('olga');
    expect((await olga.send('GET', `/v1/escalations/${used.id}`)).body).toMatchObject({
      break_glass: { skipped: ['security', 'owners'], reviewed: null },
    });
    const { body } = await stage.caller('auditor-tool').get(`/v1/audit/events?escalation=${used.id}`);
    expect((body.items as { type: string }[]).find((event) => event.type === 'break_glass.used')).toMatchObject({
      actor: { kind: 'agent', id: 'support-bot' },
      data: { skipped: ['security', 'owners'], ordinary: 'require_approval', outcome: 'allow' },
    });
  });

  it('leaves a debt: the agent has no other until it was reviewed, while another agent has its own', async () => {
    expect(await stage.caller('support-bot').ask(emergency('quick.ask'))).toMatchObject({
      status: 403,
      body: { code: 'break_glass_unreviewed', escalation: used.id },
    });
    expect((await stage.caller('rival-bot').ask(emergency('quick.ask'))).status).toBe(201);
    expect(await uses('?reviewed=false')).toHaveLength(2);
    const ordinary = await stage.caller('support-bot').ask(emergency('quick.ask', { break_glass: false }));
    expect(ordinary.status).toBe(202);
  });

  it('is reviewed by an operator, never by one who owns the agent', async () => {
    const path = `/v1/escalations/${used.id}/review`;
    const note = { note: 'The outage was real.' };
    expect((await (await stage.person('bob')).send('POST', path, note)).status).toBe(403);
    expect((await (await stage.person('alice')).send('POST', path, note)).status).toBe(403);
    expect((await (await stage.person('olga')).send('POST', path, { note: ' ' })).status).toBe(400);
    expect(await (await stage.person('olga')).send('POST', path, note)).toMatchObject({
      status: 200,
      body: { escalation: used.id, reviewed: { by: 'olga', note: note.note } },
    });
    expect(await (await stage.person('olga')).send('POST', path, note)).toMatchObject({
      status: 409,
      body: { code: 'already_decided', status: 'reviewed' },
    });
    expect(await uses('?reviewed=true')).toMatchObject([{ escalation: used.id, agent: 'support-bot', owner: 'alice' }]);
  });

  it('is free again afterwards, also where it only lets people be asked', async () => {
    const answer = await stage.caller('support-bot').ask(emergency('ledger.drop'));
    expect(answer).toMatchObject({ status: 202, body: { approval: { groups: [{ id: 'security' }] } } });
    const { id, digest } = answer.body as { id: string; digest: string };
    const card = await stage.slack.card(id, 'C0002');
    expect(JSON.stringify(card.blocks)).toContain('BREAK GLASS');
    const approved = await (await stage.person('carol')).decide({ id, digest }, 'approve');
    expect(approved.body).toMatchObject({
      escalation: { granted: { ttl: 120 }, break_glass: { skipped: ['owners'] } },
    });
  });
});

describe('break-glass that makes no difference', () => {
  it('is an ordinary request: no reason, no mark, no debt', async () => {
    const ask = {
      ...emergency('refund.create', { justification: null }),
      authorization_details: [{ type: 'tool_call', actions: ['refund.create'], arguments: { order: '1' } }],
    };
    const answer = await stage.caller('support-bot').ask(ask);
    expect(answer).toMatchObject({ status: 202 });
    const card = await stage.slack.card((answer.body as { id: string }).id);
    expect(JSON.stringify(card.blocks)).not.toContain('BREAK GLASS');
    expect((await uses()).map((use) => use['escalation'])).not.toContain((answer.body as { id: string }).id);
  });
});

describe('the uses of break-glass', () => {
  it('are read in pages by auditors and operators alone', async () => {
    expect((await (await stage.person('bob')).send('GET', '/v1/break-glass')).status).toBe(403);
    const first = await stage.caller('auditor-tool').get('/v1/break-glass?limit=2');
    expect(first.body.items).toHaveLength(2);
    const rest = await stage.caller('auditor-tool').get(`/v1/break-glass?limit=2&cursor=${first.body.next_cursor}`);
    expect(rest.body).toMatchObject({ items: [{ escalation: expect.stringMatching(/^esc_/) }], next_cursor: null });
    expect((await stage.caller('auditor-tool').get('/v1/break-glass?reviewed=perhaps')).status).toBe(400);
  });

  it('are changed by nobody but their one review, not even in the database', async () => {
    for (const change of [`update "break_glass_uses" set "skipped" = '{}'`, `delete from "break_glass_uses"`])
      await expect(stage.world.database.pool.query(change)).rejects.toThrow();
  });

  it('a dry run answers with the same ceiling and owes nothing', async () => {
    const dry = await stage.caller('rival-bot').post('/v1/escalations/evaluate', emergency('quick.ask'));
    expect(dry.body).toMatchObject({ outcome: 'allow', largest_allowed: { ttl: 120 } });
  });

  it('two at once: one is used, the other owes', async () => {
    const olga = await stage.person('olga');
    for (const use of await uses('?reviewed=false'))
      await olga.send('POST', `/v1/escalations/${String(use['escalation'])}/review`, { note: 'Seen.' });
    const answers = await Promise.all([1, 2, 3, 4].map(() => stage.caller('support-bot').ask(emergency('quick.ask'))));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 403, 403, 403]);
  });
});

it('the command line lists and reviews them too', async () => {
  const { database, masterKey, configDir } = stage.world;
  const env = {
    DATABASE_URL: database.url,
    WRIT_MASTER_KEY: masterKey,
    WRIT_CONFIG: configDir,
    WRIT_DATA_DIR: configDir,
  };
  const run = (...argv: string[]): ReturnType<typeof writ> => writ(['break-glass', ...argv], env);
  const owed = await run('list', '--unreviewed');
  expect(owed.out).toContain('support-bot');
  const id = /esc_\w{26}/.exec(owed.out)?.[0] ?? '';
  expect(await run('review', id)).toMatchObject({ exit: 2 });
  expect(await run('review', id, '--note', 'Seen.')).toMatchObject({
    exit: 0,
    out: `${id} is reviewed: support-bot may use break-glass again`,
  });
  expect(await run('review', id, '--note', 'Again.')).toMatchObject({ exit: 1 });
  expect(await run('review', 'esc_01KAMZ0000000000000000000A', '--note', 'What?')).toMatchObject({ exit: 1 });
  expect(await run('list', '--unreviewed')).toMatchObject({ out: '', remarks: 'There are no such uses.' });
  expect(JSON.parse((await run('list', '--json', '--limit', '1')).out)).toMatchObject({
    items: [{ escalation: id, reviewed: { note: 'Seen.' } }],
    more: true,
  });
});
