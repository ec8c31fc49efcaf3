import { describe, expect, it } from '@jest/globals';
import { askHash, backOffSeconds } from '#domain/authority/ask.js';
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
  ])('%s', (_name, other) => expect(askHash({ ...ASK, ...other })).toBe(askHash(ASK)));
});

describe('two asks are not the same', () => {
  it.each<[string, Partial<EscalationRequest>]>([
    ['of another resource', { resource: 'https://other.example' }],
    ['for another time', { requested_ttl: 301 }],
    ['for more uses', { max_uses: 2 }],
    ['by break-glass', { break_glass: true }],
    ['on behalf of somebody', { chain: [{ iss: 'https://i.example', sub: 'bob' }] }],
    ['with another argument', { authorization_details: [{ type: 'tool_call', actions: ['refund.create'] }] }],
  ])('%s', (_name, other) => expect(askHash({ ...ASK, ...other })).not.toBe(askHash(ASK)));
});

it('the wait after denials begins with the third, doubles, and ends at an hour', () => {
  expect([0, 1, 2, 3, 4, 8, 9, 10, 1_000].map((denials) => backOffSeconds(denials, 30))).toEqual([
    0, 0, 0, 30, 60, 960, 1_920, 3_600, 3_600,
  ]);
  expect(backOffSeconds(9, 0)).toBe(0);
});
