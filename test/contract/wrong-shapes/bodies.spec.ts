import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { refundAsk } from '../../harness/actors/agent.js';
import { fingerprint } from '../../harness/judges/fingerprint.js';
import { expectFault, expectProblem, sendRaw } from '../../harness/judges/problem.js';
import { collectedRefund, created, setStage, type Stage } from '../../harness/world/stage.js';
import { reservedOf, strangersOf, textOf, wrongShapesOf, type Member, type WrongShape } from './shapes.js';

const ELEMENT = {
  type: 'tool_call',
  actions: ['refund.create'],
  identifier: 'order/8812',
  arguments: { order: '8812', amount: 4000 },
};
const SHA = `sha256:${'0'.repeat(64)}`;
const SPACED = ['two words', 'é'];
const mapped = 'invalid_authorization_details' as const;

interface Route {
  readonly name: string;
  readonly path: (ids: Ids) => string;
  readonly as: 'support-bot' | 'payments-api' | 'ops-cli' | 'bob' | null;
  readonly base: Record<string, unknown>;
  readonly members: readonly Member[];
  /** Objects in which nothing else may stand. */
  readonly closed: readonly string[];
}

interface Ids {
  readonly pending: string;
  readonly grant: string;
  readonly token: string;
}

const REASON: Member = { at: '/reason', kind: 'text', max: 500, empty: 'fine', nullable: true };

const ROUTES: readonly Route[] = [
  {
    name: 'decisions',
    path: ({ pending }) => `/v1/escalations/${pending}/decisions`,
    as: 'bob',
    base: {
      verdict: 'approve',
      digest: SHA,
      reason: 'Fine.',
      limits: { ttl: 60, max_uses: 1, authorization_details: [ELEMENT] },
    },
    members: [
      { at: '/verdict', kind: 'text', required: true, empty: 'refused', bad: ['approved', 'APPROVE', 'maybe'] },
      { at: '/digest', kind: 'text', required: true, empty: 'refused', max: 128 },
      { at: '/reason', kind: 'text', max: 500, empty: 'refused', nullable: true, bad: ['   ', '\n'] },
      { at: '/limits', kind: 'object', nullable: true },
      { at: '/limits/ttl', kind: 'integer', min: 1, max: 3_600 },
      { at: '/limits/max_uses', kind: 'integer', min: 1, max: 1_000 },
      { at: '/limits/authorization_details', kind: 'list', max: 20, empty: 'refused' },
      {
        at: '/limits/authorization_details/0/type',
        kind: 'text',
        required: true,
        empty: 'refused',
        mapped,
        bad: ['other'],
      },
      {
        at: '/limits/authorization_details/0/actions',
        kind: 'list',
        required: true,
        max: 10,
        empty: 'refused',
        mapped,
      },
      {
        at: '/limits/authorization_details/0/identifier',
        kind: 'text',
        max: 128,
        empty: 'refused',
        mapped,
        bad: SPACED,
      },
      { at: '/limits/authorization_details/0/arguments', kind: 'object', mapped },
    ],
    closed: ['', '/limits', '/limits/authorization_details/0'],
  },
  {
    name: 'complete',
    path: ({ grant }) => `/v1/grants/${grant}/complete`,
    as: 'support-bot',
    base: {
      outcome: 'succeeded',
      summary: 'Done.',
      evidence: [{ title: 'Receipt', url: 'https://receipts.example/1' }],
    },
    members: [
      { at: '/outcome', kind: 'text', required: true, empty: 'refused', bad: ['done', 'Succeeded'] },
      { at: '/summary', kind: 'text', max: 500, empty: 'fine', nullable: true },
      { at: '/evidence', kind: 'list', max: 10, empty: 'fine' },
      { at: '/evidence/0/title', kind: 'text', required: true, max: 100, empty: 'refused' },
      {
        at: '/evidence/0/url',
        kind: 'text',
        required: true,
        max: 500,
        long: 'https://receipts.example/',
        empty: 'refused',
        bad: ['http://a.example/', 'ftp://a.example/', 'javascript:alert(1)'],
      },
    ],
    closed: ['', '/evidence/0'],
  },
  {
    name: 'revoke',
    path: ({ grant }) => `/v1/grants/${grant}/revoke`,
    as: 'ops-cli',
    base: { reason: 'Leaked.' },
    members: [{ at: '/reason', kind: 'text', required: true, max: 500, empty: 'refused', bad: ['  ', '\t'] }],
    closed: [''],
  },
  {
    name: 'suspend',
    path: () => '/v1/agents/support-bot/suspend',
    as: 'ops-cli',
    base: { reason: 'Odd.' },
    members: [REASON],
    closed: [''],
  },
  {
    name: 'resume',
    path: () => '/v1/agents/support-bot/resume',
    as: 'ops-cli',
    base: { reason: 'Fine.' },
    members: [REASON],
    closed: [''],
  },
  {
    name: 'sessions',
    path: () => '/v1/sessions',
    as: null,
    base: { code: 'A'.repeat(43) },
    members: [{ at: '/code', kind: 'text', required: true, max: 256, empty: 'refused' }],
    closed: [''],
  },
  {
    name: 'consume',
    path: () => '/v1/tokens/consume',
    as: 'payments-api',
    base: {
      token: 'x.y.z',
      action: 'refund.create',
      identifier: 'order/8812',
      arguments: { order: '8812' },
      call_id: 'c1',
    },
    members: [
      { at: '/token', kind: 'text', required: true, empty: 'refused' },
      { at: '/action', kind: 'text', required: true, empty: 'refused', max: 128 },
      { at: '/identifier', kind: 'text', max: 128, empty: 'refused', nullable: true, bad: SPACED },
      { at: '/arguments', kind: 'object', nullable: true },
      { at: '/call_id', kind: 'text', required: true, max: 128, empty: 'refused', bad: SPACED },
    ],
    closed: [''],
  },
];

const ASSIGNED = [
  'status',
  'id',
  'agent',
  'person',
  'actor',
  'approvedBy',
  'quorum',
  'expires_at',
  'roles',
  'surprise',
];

function shapesOf({ base, members, closed }: Route): WrongShape[] {
  return [
    ...members.flatMap((member) => wrongShapesOf(base, member)),
    ...closed.flatMap((at) => [...strangersOf(base, at, ASSIGNED), ...reservedOf(base, at)]),
  ];
}

let stage: Stage;
let ids: Ids;

beforeAll(async () => {
  stage = await setStage(() => undefined, { roles: 'api' });
  const { id: pending } = created(await stage.caller('support-bot').ask(refundAsk()), 202);
  const { grant, token } = await collectedRefund(stage);
  ids = { pending, grant, token };
});
afterAll(() => stage.close());

async function send({ as, path }: Route, text: string): Promise<ReturnType<typeof sendRaw>> {
  const proof: Record<string, string> =
    as === null
      ? {}
      : as === 'bob'
        ? { cookie: (await stage.person(as)).cookie }
        : { authorization: `Bearer ${await stage.caller(as).assertion()}` };
  return sendRaw(stage.broker.issuer + path(ids), 'POST', text, { ...proof, 'content-type': 'application/json' });
}

describe.each(ROUTES)('the body of $name is refused and changes nothing when', (route) => {
  it.each(shapesOf(route))('$name: $status $code', async ({ text, status, code, pointer }) => {
    const before = await fingerprint(stage.world.database.pool);
    expectFault(await send(route, text), status, code, pointer);
    expect(await fingerprint(stage.world.database.pool)).toBe(before);
  });
});

describe('a decision is refused and changes nothing when', () => {
  const decisions = ROUTES[0] as Route;

  it.each([
    ['it denies without a reason', { verdict: 'deny', digest: SHA }, '/reason'],
    ['it denies with a null for a reason', { verdict: 'deny', digest: SHA, reason: null }, '/reason'],
    ['it denies with limits', { verdict: 'deny', digest: SHA, reason: 'No.', limits: { ttl: 10 } }, '/limits'],
  ])('%s', async (_name, body, pointer) => {
    const before = await fingerprint(stage.world.database.pool);
    expectFault(await send(decisions, textOf(body)), 400, 'invalid_request', pointer);
    expect(await fingerprint(stage.world.database.pool)).toBe(before);
  });

  it.each(['sha256:', SHA.toUpperCase(), `${SHA}0`, SHA.slice(7), ` ${SHA}`, SHA])(
    'its digest is not the one of what is asked: %j',
    async (digest) => {
      expectProblem(await send(decisions, textOf({ verdict: 'approve', digest })), 409, 'stale_digest');
      const stepUp = { ...decisions, path: ({ pending }: Ids) => `/v1/escalations/${pending}/step-up` };
      expectProblem(await send(stepUp, textOf({ verdict: 'approve', digest })), 409, 'stale_digest');
    },
  );
});

describe('a call that is consumed is answered with 200', () => {
  const consume = ROUTES.find(({ name }) => name === 'consume') as Route;
  const use = (more: Record<string, unknown>): ReturnType<typeof send> =>
    send(consume, textOf({ call_id: 'c9', token: ids.token, action: 'refund.create', ...more }));

  it.each(['two words', '.x', '<b>', 'a'.repeat(128)])('also for an action that is no name: %s', async (action) => {
    const call_id = randomUUID();
    expect(await use({ action, call_id })).toMatchObject({
      status: 200,
      body: { allowed: false, code: 'action_not_granted' },
    });
  });

  it('also for a token that is longer than any of ours', async () => {
    expect(await use({ token: 'x'.repeat(8_193) })).toMatchObject({
      status: 200,
      body: { allowed: false, code: 'inactive' },
    });
  });
});
