import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { created, setStage, type Stage } from '../../harness/world/stage.js';
import { sayRefunds } from '../../harness/world/waiting.js';

/** Pages smaller than what waits, so that every answer here has to look behind its page. */
const PAGE = 20;
const SUPPORT = 90;
const RIVAL = 40;

interface Facet {
  value: string;
  name: string;
  count: number;
}
interface Found {
  items: { id: string; agent: string; risk: string; calls: { actions: { sentence: string | null }[] }[] }[];
  next_cursor: string | null;
  total: number | null;
  more_than_total: boolean | null;
  facets: Record<'risk' | 'group' | 'agent' | 'resource' | 'rule', Facet[]> | null;
}

let stage: Stage;

beforeAll(async () => {
  stage = await setStage(sayRefunds, { roles: 'api' });
  const asks = [
    ...Array.from({ length: SUPPORT }, (_, index) => ['support-bot', index] as const),
    ...Array.from({ length: RIVAL }, (_, index) => ['rival-bot', index] as const),
  ];
  await Promise.all(asks.map(([agent, index]) => refund(agent, index)));
  // Of people who are not asked, and of an agent whose owner reads: neither counts.
  await ask('support-bot', 'ledger.export', { period: '2026-10' }, { id: 'audit-7', ticket: 'FIN-204' });
}, 60_000);
afterAll(() => stage.close());

const refund = (agent: string, index: number) =>
  ask(agent, 'refund.create', { order: `${agent}-${index}`, amount: 4_000 + index }, { id: `run-${agent}-${index}` });

async function ask(agent: string, action: string, args: object, task: object): Promise<string> {
  const authorization_details = [{ type: 'tool_call', actions: [action], arguments: args }];
  const body = { resource: 'https://payments.example', authorization_details, task };
  return created(await stage.caller(agent).ask(body), 202).id;
}

async function find(person: string, query: Record<string, string | number> = {}): Promise<Found> {
  const search = new URLSearchParams({ limit: String(PAGE), ...query } as Record<string, string>);
  const got = await (await stage.person(person)).send('GET', `/v1/inbox?${search.toString()}`);
  expect([got.status, got.body]).toEqual([200, expect.anything()]);
  return got.body as Found;
}

const counts = (facets: Facet[] | undefined) =>
  Object.fromEntries((facets ?? []).map(({ value, count }) => [value, count]));

describe('a list of what waits', () => {
  it('counts everything that this person may decide, whatever the page holds', async () => {
    const bob = await find('bob');
    expect([bob.items.length, bob.total, bob.more_than_total]).toEqual([PAGE, SUPPORT + RIVAL + 1, false]);
    expect(counts(bob.facets?.agent)).toEqual({ 'support-bot': SUPPORT + 1, 'rival-bot': RIVAL });
    expect(counts(bob.facets?.rule)).toEqual({ refunds: SUPPORT + RIVAL, 'exports-oncall + exports-security': 1 });
    expect(counts(bob.facets?.group)).toEqual({ oncall: SUPPORT + RIVAL + 1, security: 1 });
    expect(bob.facets?.resource).toEqual([
      { value: 'https://payments.example', name: 'Payments', count: SUPPORT + RIVAL + 1 },
    ]);
  });

  it('counts by the same rules that say who may decide: not what is asked for an agent of one’s own', async () => {
    const [alice, dave] = [await find('alice'), await find('dave')];
    expect(alice.total).toBe(RIVAL);
    expect(counts(alice.facets?.agent)).toEqual({ 'rival-bot': RIVAL });
    expect(dave.total).toBe(1);
    expect((await find('erin')).total).toBe(0);
  });

  it('counts once: pages behind the first, and other views, say nothing', async () => {
    const { next_cursor: cursor } = await find('bob');
    expect(await find('bob', { cursor: cursor ?? '' })).toMatchObject({
      total: null,
      more_than_total: null,
      facets: null,
    });
    expect(await find('bob', { view: 'live' })).toMatchObject({ total: null, more_than_total: null, facets: null });
  });

  it('is narrowed by risk, group, agent and resource, each alone and together', async () => {
    const narrowed = await find('bob', { agent: 'rival-bot', risk: 'high', resource: 'https://payments.example' });
    expect(narrowed.total).toBe(RIVAL);
    expect(new Set(narrowed.items.map(({ agent }) => agent))).toEqual(new Set(['rival-bot']));
    // What choosing another agent would show is still told.
    expect(counts(narrowed.facets?.agent)).toEqual({ 'support-bot': SUPPORT + 1, 'rival-bot': RIVAL });
    expect(counts(narrowed.facets?.group)).toEqual({ oncall: RIVAL });
    expect((await find('bob', { group: 'security' })).total).toBe(1);
    expect((await find('bob', { resource: 'https://other.example' })).total).toBe(0);
  });

  it('goes on behind a page with the same filter, and with no other', async () => {
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const page: Found = await find('bob', { agent: 'rival-bot', ...(cursor === null ? {} : { cursor }) });
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.next_cursor;
    } while (cursor !== null);
    expect([seen.length, new Set(seen).size]).toEqual([RIVAL, RIVAL]);
    const { next_cursor } = await find('bob', { agent: 'rival-bot' });
    const path = `/v1/inbox?limit=${PAGE}&cursor=${encodeURIComponent(next_cursor ?? '')}`;
    expect((await (await stage.person('bob')).send('GET', path)).status).toBe(400);
  });

  it.each([
    ['an order of another page', 'support-bot-89', 1],
    ['an amount as it is shown', '40.03 eur', 2],
    ['an amount as it was sent', '4003', 2],
    ['a sentence, in any case', 'REFUND 40.03 for order rival-bot-3', 1],
    ['a task', 'audit-7', 1],
    ['a ticket', 'fin-204', 1],
    ['an action', 'ledger.export', 1],
    ['the name of an agent', 'rival bot', RIVAL],
    ['the name of a resource', 'Payments', SUPPORT + RIVAL + 1],
    ['nothing that is there', 'zebra', 0],
  ])('finds %s', async (_, q, total) => {
    const found = await find('bob', { q });
    expect([found.total, found.items.length]).toEqual([total, Math.min(total, PAGE)]);
  });

  it.each([
    ['risk=purple', 'risk', 'must be low, medium or high'],
    ['agent=suport-bot', 'agent', 'names no agent of the configuration in force'],
    ['group=nobody', 'group', 'names no group of the configuration in force'],
    ['resource=https://nowhere.example', 'resource', 'names no resource of the configuration in force'],
    ['q=%20', 'q', 'must be one line of at most 200 characters, not blank'],
    ['q=a%0Ab', 'q', 'must be one line of at most 200 characters, not blank'],
    [`q=${'x'.repeat(201)}`, 'q', 'must be one line of at most 200 characters, not blank'],
    ['q=', 'q', 'must be given once and not empty'],
    ['risk=high&risk=low', 'risk', 'must be given once and not empty'],
    ['colour=red', 'colour', 'is not known here'],
    ['view=live&risk=high', 'risk', 'is not known here'],
    ['view=decided&q=order', 'q', 'is not known here'],
  ])('is not read with %s: a typo is no empty inbox', async (query, pointer, rule) => {
    const got = await (await stage.person('bob')).send('GET', `/v1/inbox?${query}`);
    expect([got.status, got.body]).toEqual([400, expect.objectContaining({ errors: [{ pointer, rule }] })]);
  });
});
