import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { refundAsk } from '../../harness/actors/agent.js';
import { fingerprint } from '../../harness/judges/fingerprint.js';
import { expectFault, expectProblem, sendRaw } from '../../harness/judges/problem.js';
import { setStage, type Stage } from '../../harness/world/stage.js';
import { reservedOf, strangersOf, textOf, withMember, wrongShapesOf, type Member, type WrongShape } from './shapes.js';

const ASK = refundAsk('8812', {
  justification: 'Because.',
  evidence: [{ title: 'Ticket', url: 'https://tickets.example/1' }],
  break_glass: false,
});
const ELEMENT = '/authorization_details/0';
const mapped = 'invalid_authorization_details' as const;
const SPACED = ['two words', 'é', 'tab\t', '\u007f'];

const MEMBERS: readonly Member[] = [
  { at: '/resource', kind: 'text', required: true, max: 256, empty: 'refused' },
  { at: '/authorization_details', kind: 'list', required: true, max: 20, empty: 'refused' },
  { at: `${ELEMENT}/type`, kind: 'text', required: true, empty: 'refused', mapped, bad: ['file_access', 'TOOL_CALL'] },
  { at: `${ELEMENT}/actions`, kind: 'list', required: true, max: 10, empty: 'refused', mapped },
  { at: `${ELEMENT}/identifier`, kind: 'text', max: 128, empty: 'refused', mapped, bad: SPACED },
  { at: `${ELEMENT}/arguments`, kind: 'object', mapped },
  { at: '/requested_ttl', kind: 'integer', min: 1, max: 3_600 },
  { at: '/max_uses', kind: 'integer', min: 1, max: 1_000, nullable: true },
  { at: '/task', kind: 'object', required: true },
  { at: '/task/id', kind: 'text', required: true, max: 128, empty: 'refused', bad: SPACED },
  { at: '/task/description', kind: 'text', nullable: true, max: 300, empty: 'fine' },
  { at: '/task/ticket', kind: 'text', nullable: true, max: 128, empty: 'refused', bad: SPACED },
  { at: '/justification', kind: 'text', nullable: true, max: 2_000, empty: 'fine' },
  { at: '/evidence', kind: 'list', max: 10, empty: 'fine' },
  { at: '/evidence/0/title', kind: 'text', required: true, max: 100, empty: 'refused' },
  {
    at: '/evidence/0/url',
    kind: 'text',
    required: true,
    max: 500,
    long: 'https://tickets.example/',
    empty: 'refused',
    bad: [
      'http://a.example/',
      'ftp://a.example/',
      'javascript:alert(1)',
      'data:text/html,x',
      '//a.example',
      'https:a.example',
      'https://',
      'https://a.example/ x',
      'https://bob@a.example/',
      'https://a.example/<b>',
    ],
  },
  { at: '/break_glass', kind: 'boolean' },
];

/** What a client would set to decide for itself. */
const ASSIGNED = [
  'status',
  'approvedBy',
  'approved',
  'quorum',
  'agentId',
  'agent',
  'agent_id',
  'id',
  'expiresAt',
  'expires_at',
  'chain',
  'granted',
  'policy',
  'digest',
  'owner',
];

const fits = (name: string, args: unknown, pointer: string): WrongShape => ({
  name: `the arguments do not fit: ${name}`,
  text: textOf(withMember(ASK, `${ELEMENT}/arguments`, args)),
  status: 400,
  code: mapped,
  pointer: `${ELEMENT}/arguments${pointer}`,
});

const SHAPES: readonly WrongShape[] = [
  ...MEMBERS.flatMap((member) => wrongShapesOf(ASK, member)),
  ...strangersOf(ASK, '', ['surprise', ...ASSIGNED]),
  ...['/task', '/evidence/0', ELEMENT].flatMap((at) => strangersOf(ASK, at, ['surprise', 'locations', 'status'])),
  ...['', '/task', '/evidence/0', ELEMENT, `${ELEMENT}/arguments`].flatMap((at) => reservedOf(ASK, at)),
  fits('a member that the schema does not have', { order: '8812', extra: 1 }, '/extra'),
  fits('without a member that it needs', { amount: 1 }, '/order'),
  fits('a number for a text', { order: 8812 }, '/order'),
  fits('a text for an integer', { order: '8812', amount: '4000' }, '/amount'),
  fits('a fraction for an integer', { order: '8812', amount: 40.5 }, '/amount'),
  fits('null', { order: '8812', amount: null }, '/amount'),
  fits('an object for a text', { order: { eq: '8812' } }, '/order'),
  fits('none where some are needed', undefined, '/order'),
];

let stage: Stage;

beforeAll(async () => {
  stage = await setStage(
    (config) => {
      const actions = config.resources[0]?.['actions'] as { 'refund.create': { arguments: { properties: object } } };
      Object.assign(actions['refund.create'].arguments.properties, {
        lines: { type: 'array', items: { type: 'string' }, maxItems: 2 },
        kind: { type: 'string', enum: ['full', 'part'] },
        code: { type: 'string', pattern: '^[0-9]+$' },
      });
    },
    { roles: 'api' },
  );
});
afterAll(() => stage.close());

async function send(path: string, text: string): Promise<ReturnType<typeof sendRaw>> {
  const authorization = `Bearer ${await stage.caller('support-bot').assertion()}`;
  return sendRaw(stage.broker.issuer + path, 'POST', text, { authorization, 'content-type': 'application/json' });
}

describe.each(['/v1/escalations', '/v1/escalations/evaluate'])('POST %s refuses and keeps nothing when', (path) => {
  it.each(SHAPES)('$name: $status $code', async ({ text, status, code, pointer }) => {
    const before = await fingerprint(stage.world.database.pool);
    expectFault(await send(path, text), status, code, pointer);
    expect(await fingerprint(stage.world.database.pool)).toBe(before);
  });

  it.each([
    [{ order: 'x'.repeat(41) }, 422, 'too_long', '/order'],
    [{ order: '8812', amount: 0 }, 422, 'out_of_range', '/amount'],
    [{ order: '8812', lines: ['1', '2', '3'] }, 422, 'too_large', '/lines'],
    [{ order: 'x'.repeat(41), amount: 0 }, 422, 'too_long', '/amount'],
    [{ order: 'x'.repeat(41), amount: '1' }, 400, mapped, '/order'],
    [{ order: '8812', kind: 'other' }, 400, mapped, '/kind'],
    [{ order: '8812', kind: 'full', code: 'a' }, 400, mapped, '/code'],
  ])('the schema refuses the values of %j: %i %s', async (args, status, code, pointer) => {
    const before = await fingerprint(stage.world.database.pool);
    const got = await send(path, textOf(withMember(ASK, `${ELEMENT}/arguments`, args)));
    expectFault(got, status, code, `${ELEMENT}/arguments${pointer}`);
    expect(await fingerprint(stage.world.database.pool)).toBe(before);
  });

  it('an action has more than 128 characters', async () => {
    const before = await fingerprint(stage.world.database.pool);
    const got = await send(path, textOf(withMember(ASK, `${ELEMENT}/actions`, ['a'.repeat(129)])));
    expectFault(got, 422, 'too_long', `${ELEMENT}/actions`);
    expect(await fingerprint(stage.world.database.pool)).toBe(before);
  });

  it('all elements together exceed 4 KiB in canonical form', async () => {
    const before = await fingerprint(stage.world.database.pool);
    const wide = Array.from({ length: 20 }, (_, index) => ({
      type: 'tool_call',
      actions: ['payment.read'],
      identifier: `order/${index}`.padEnd(128, 'x'),
    }));
    const heavy = wide.map((element) => ({ ...element, actions: ['payment.read', 'a'.repeat(60)] }));
    expectFault(
      await send(path, textOf({ ...ASK, authorization_details: heavy })),
      422,
      'too_large',
      '/authorization_details',
    );
    expect(await fingerprint(stage.world.database.pool)).toBe(before);
  });

  it('the resource or an action is unknown, in the same bytes for both', async () => {
    const before = await fingerprint(stage.world.database.pool);
    const [resource, action, elsewhere] = await Promise.all([
      send(path, textOf({ ...ASK, resource: 'https://nowhere.example' })),
      send(path, textOf(withMember(ASK, `${ELEMENT}/actions`, ['refund.imagine']))),
      send(path, textOf(withMember(ASK, `${ELEMENT}/actions`, ['other.read']))),
    ]);
    for (const got of [resource, action, elsewhere]) expectProblem(got, 422, 'not_requestable');
    expect(action.body).toEqual(resource.body);
    expect(elsewhere.body).toEqual(resource.body);
    expect([...action.headers.keys()]).toEqual([...resource.headers.keys()]);
    expect(action.headers.get('content-length')).toBe(resource.headers.get('content-length'));
    expect(await fingerprint(stage.world.database.pool)).toBe(before);
  });
});

it('the ask that these shapes were made from is itself accepted', async () => {
  expect((await send('/v1/escalations/evaluate', textOf(ASK))).status).toBe(200);
  expect((await send('/v1/escalations', textOf(ASK))).status).toBe(202);
});

it('members may be null exactly where the contract has a null', async () => {
  const nothing = {
    ...ASK,
    max_uses: null,
    justification: null,
    task: { id: 'run-1', description: null, ticket: null },
  };
  expect((await send('/v1/escalations', textOf(nothing))).status).toBe(202);
});
