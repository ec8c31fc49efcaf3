import { describe, expect, it } from '@jest/globals';
import type { EscalationRequest } from '#domain/authority/authorization-details.js';
import type { Catalog } from '#domain/catalog.js';
import type { PolicyDecision, PolicyQuestion } from '#domain/policy-decision.js';
import { judgeAgain, type Registries } from './judge-again.js';
import type { Registry } from '../ports.js';
import { transactionOf } from '../testing/fake-store.js';
import { escalationRow } from '../testing/rows.js';

const RESOURCE = 'https://payments.example';
const FACTS = {
  recent_denials: 1,
  open_grants: 2,
  pending_asks: 3,
  granted_last_hour: { 'refund.create': 4 },
  granted_last_day: { 'refund.create': 5 },
};
const ALLOWED = {
  outcome: 'allow',
  gates: [],
  determining: ['refunds'],
  reasons: [],
  pairs: [],
  maxTtl: null,
  maxUses: null,
  denialCode: null,
} as unknown as PolicyDecision;
const DENIED = {
  ...ALLOWED,
  outcome: 'deny',
  determining: ['closed'],
  reasons: ['Closed.'],
  denialCode: 'policy_denied',
} as const;
const CATALOG = {
  resources: [{ id: RESOURCE, actions: [{ name: 'refund.create', risk: 'low', arguments: null }] }],
  agents: [{ id: 'support-bot', groups: ['support'] }],
  groups: [],
  limits: {},
} as unknown as Catalog;
const REQUEST = {
  resource: RESOURCE,
  authorization_details: [{ type: 'tool_call', actions: ['refund.create'], identifier: 'order/1' }],
  requested_ttl: 300,
  max_uses: 5,
  task: { id: 't', description: null, ticket: 'OPS-1' },
  break_glass: false,
  chain: [],
} as unknown as EscalationRequest;
const ROW = escalationRow({
  id: 'esc_1',
  agentUid: '7',
  resource: RESOURCE,
  request: REQUEST,
  policy: ALLOWED,
  createdAt: Date.UTC(2026, 10, 30, 16, 59),
});

/** Judges `ROW` at half past five by what `decide` says. */
async function judged(
  decide: (question: PolicyQuestion) => PolicyDecision,
  { limits = [], catalog = CATALOG }: { limits?: Parameters<typeof judgeAgain>[4]; catalog?: Catalog } = {},
) {
  const asked: unknown[] = [];
  const tx = transactionOf({
    agents: { facts: async (...call) => (asked.push(call), FACTS) },
    people: { byId: async () => null },
  });
  const registry = (of: Catalog) => ({ catalog: of, decide }) as unknown as Registry;
  const registries: Registries = { current: registry(catalog), pinned: registry(CATALOG) };
  const now = Date.UTC(2026, 10, 30, 17, 30);
  return { asked, answer: await judgeAgain(tx, registries, ROW, [], limits, now) };
}

describe('an approval is judged again', () => {
  it('with the hour that it is now and counts that leave itself out', async () => {
    const late = (question: PolicyQuestion): PolicyDecision =>
      new Date(question.nowMs).getUTCHours() >= 17 && question.facts.pending_asks === 3 ? DENIED : ALLOWED;
    const { asked, answer } = await judged(late);
    expect(answer).toMatchObject({
      denial: { by: 'policy', code: 'policy_denied', reason: 'By now policy denies this ("closed"): Closed.' },
      decided: { determining: ['closed'] },
    });
    expect(asked[0]).toEqual(['7', ['refund.create'], 'esc_1']);
  });

  it('as what would be granted, and as what was asked: either may pass', async () => {
    const many = ({ request }: PolicyQuestion): PolicyDecision => (request.max_uses === 5 ? DENIED : ALLOWED);
    expect((await judged(many)).answer).toMatchObject({ denial: { by: 'policy' } });
    expect((await judged(many, { limits: [{ max_uses: 1 }] })).answer).toEqual({ caps: {} });
    const whole = ({ request }: PolicyQuestion): PolicyDecision => (request.max_uses === 5 ? ALLOWED : DENIED);
    expect((await judged(whole, { limits: [{ max_uses: 1 }] })).answer).toEqual({ caps: {} });
  });

  it('and cut to the caps of now', async () => {
    expect((await judged(() => ({ ...ALLOWED, maxTtl: 30, maxUses: 1 }))).answer).toEqual({
      caps: { ttl: 30, max_uses: 1 },
    });
  });

  it('and an error of a policy denies', async () => {
    expect((await judged(() => ({ ...DENIED, denialCode: 'policy_error' }))).answer).toMatchObject({
      denial: { code: 'policy_error' },
    });
  });

  it('by the catalog in force too', async () => {
    const [resource] = CATALOG.resources;
    const without = { ...CATALOG, resources: [{ ...resource, actions: [] }] } as unknown as Catalog;
    expect((await judged(() => ALLOWED, { catalog: without })).answer).toMatchObject({
      denial: { code: 'configuration_changed' },
    });
  });
});
