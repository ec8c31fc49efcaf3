import { describe, expect, it } from '@jest/globals';
import { askHash, backOffSeconds, denialsMet } from '#domain/authority/ask.js';
import type { EscalationRequest } from '#domain/authority/authorization-details.js';

const ASK: EscalationRequest = {
  resource: 'https://payments.example',
  authorization_details: [{ type: 'tool_call', actions: ['refund.create'], arguments: { order: '1', amount: 2 } }],
  requested_ttl: 300,
  max_uses: 1,
  task: { id: 'run-1', description: null, ticket: null },
  justification: null,
  evidence: [],
  break_glass: false,
  chain: [],
};

describe('two asks are the same', () => {
  it.each<[string, Partial<EscalationRequest>]>([
    ['in other words', { justification: 'Please!', evidence: [{ title: 'x', url: 'https://x.example' }] }],
    ['for another task', { task: { id: 'run-2', description: 'Again', ticket: 'OPS-1' } }],
    [
      'with their members in another order',
      {
        authorization_details: [
          { arguments: { amount: 2, order: '1' }, actions: ['refund.create'], type: 'tool_call' },
        ],
      },
    ],
    ['for another time', { requested_ttl: 301 }],
    ['for more uses', { max_uses: 2 }],
    ['by break-glass', { break_glass: true }],
    ['on behalf of somebody', { chain: [{ iss: 'https://i.example', sub: 'bob' }] }],
    ['twice in one', { authorization_details: [...ASK.authorization_details, ...ASK.authorization_details] }],
    [
      'with the action named twice',
      {
        authorization_details: [
          { type: 'tool_call', actions: ['refund.create', 'refund.create'], arguments: { order: '1', amount: 2 } },
        ],
      },
    ],
  ])('%s', (_name, other) => expect(askHash({ ...ASK, ...other })).toBe(askHash(ASK)));

  const [a, b] = [
    { type: 'tool_call', actions: ['a'], identifier: 'x' },
    { type: 'tool_call', actions: ['b'], identifier: 'x' },
  ] as const;
  const both = [{ type: 'tool_call', actions: ['a', 'b'], identifier: 'x' }] as const;
  it.each([
    ['in another order', [a, b], [b, a]],
    ['in one element or in two', [a, b], both],
    ['with their actions in another order', both, [{ ...both[0], actions: ['b', 'a'] }]],
  ])('%s', (_name, one, other) => {
    const of = (authorization_details: EscalationRequest['authorization_details']): string =>
      askHash({ ...ASK, authorization_details });
    expect(of(one)).toBe(of(other));
  });
});

describe('two asks are not the same', () => {
  it.each<[string, Partial<EscalationRequest>]>([
    ['of another resource', { resource: 'https://other.example' }],
    [
      'with another identifier',
      { authorization_details: [{ ...(ASK.authorization_details[0] as object), identifier: 'x' } as never] },
    ],
    ['without arguments', { authorization_details: [{ type: 'tool_call', actions: ['refund.create'] }] }],
  ])('%s', (_name, other) => expect(askHash({ ...ASK, ...other })).not.toBe(askHash(ASK)));
});

it('the wait after denials begins with the third, doubles, and ends at an hour', () => {
  expect([0, 1, 2, 3, 4, 8, 9, 10, 1_000].map((denials) => backOffSeconds(denials, 30))).toEqual([
    0, 0, 0, 30, 60, 960, 1_920, 3_600, 3_600,
  ]);
  expect(backOffSeconds(9, 0)).toBe(0);
});

describe('what was denied before', () => {
  const call = (action: string, identifier?: string) => ({
    type: 'tool_call' as const,
    actions: [action],
    ...(identifier === undefined ? {} : { identifier }),
  });
  const met = (asked: ReturnType<typeof call>[], ...denied: ReturnType<typeof call>[][]): number[] =>
    denialsMet(
      { resource: 'https://payments.example', authorization_details: asked },
      denied.map((authorization_details, index) => ({ authorization_details, at: index })),
    ).map(({ count }) => count);

  it('is met by whoever asks for it again, alone or with more', () => {
    const a = call('a', 'x');
    expect(met([a], [a], [a])).toEqual([2]);
    expect(met([call('b', 'x'), a], [a], [a], [a])).toEqual([3]);
    expect(met([a, call('c', 'x')], [a, call('b', 'x')], [a, call('d', 'x')])).toEqual([2]);
  });

  it('is met by whoever asks for all of it, and not by whoever asks for less', () => {
    expect(met([call('a')], [call('a', 'x')], [call('a', 'y')])).toEqual([2]);
    expect(met([call('a', 'x')], [call('a')])).toEqual([]);
    expect(met([call('a', 'x')], [call('a', 'y')], [call('b', 'x')])).toEqual([]);
  });

  it('knows when it was last', () => {
    const at = [5, 9, 7].map((one) => ({ authorization_details: [call('a')], at: one }));
    expect(denialsMet({ resource: 'r', authorization_details: [call('a')] }, at)).toEqual([{ count: 3, lastAt: 9 }]);
  });
});
