import type { CatalogAction } from '#domain/catalog.js';
import type { JsonObject } from '#domain/json.js';
import type { Risk } from '#domain/policy-decision.js';
import { ratedCalls, type RatedCall } from '#domain/words/call-lines.js';
import { sayCall } from '#domain/words/said-call.js';

/** An element of a request, its risk beside each action. */
export interface Asked {
  readonly actions: readonly (readonly [string, Risk])[];
  readonly identifier?: string;
  readonly arguments?: JsonObject;
}

const REFUND: CatalogAction = {
  name: 'refund.create',
  risk: 'high',
  say: 'Refund {amount} for order {order}',
  arguments: {
    type: 'object',
    additionalProperties: false,
    required: ['order'],
    properties: {
      order: { type: 'string', title: 'Order' },
      amount: { type: 'integer', title: 'Amount', format: 'money/EUR' },
    },
  },
};

/** Calls as no catalogue has anything to say about them. */
export function bareCalls(asked: readonly Asked[]): RatedCall[] {
  return callsBy(asked, []);
}

/** The same where refunds have a sentence and their amount is read by policy. */
export function saidCalls(asked: readonly Asked[]): RatedCall[] {
  return callsBy(asked, [REFUND]);
}

function callsBy(asked: readonly Asked[], said: readonly CatalogAction[]): RatedCall[] {
  const read = new Set(said.length === 0 ? [] : ['amount']);
  return asked.flatMap(({ actions, identifier, arguments: given }) => {
    const known = actions.map(
      ([name, risk]) => said.find((one) => one.name === name) ?? { name, risk, arguments: null },
    );
    const element = {
      type: 'tool_call' as const,
      actions: actions.map(([name]) => name),
      ...(identifier === undefined ? {} : { identifier }),
      ...(given === undefined ? {} : { arguments: given }),
    };
    return ratedCalls([sayCall(element, { actions: known }, () => read)], { actions: known }, 'high');
  });
}
