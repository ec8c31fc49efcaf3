import { created, type Stage } from './stage.js';
import type { Config } from './world.js';

/** Gives the refunds of a world the words that an operator would: a sentence, titles, an amount of money. */
export function sayRefunds({ resources }: Config): void {
  const [payments] = resources as { actions: Record<string, Record<string, unknown>> }[];
  Object.assign(payments?.actions['refund.create'] ?? {}, {
    say: 'Refund {amount} for order {order}',
    arguments: {
      type: 'object',
      additionalProperties: false,
      required: ['order'],
      properties: {
        order: { type: 'string', title: 'Order', maxLength: 40 },
        amount: { type: 'integer', title: 'Amount', format: 'money/EUR', minimum: 1 },
        note: { type: 'string', maxLength: 80 },
      },
    },
  });
}

/** One element of a request for payments. */
export function callOf(action: string, args: Record<string, unknown>, more: object = {}): object {
  return { type: 'tool_call', actions: [action], arguments: args, ...more };
}

/** Asks for a call of payments, which waits for people. */
export async function asked(
  stage: Stage,
  agent: string,
  calls: readonly object[],
  more: Record<string, unknown> = {},
): Promise<{ id: string; digest: string }> {
  const body = { resource: 'https://payments.example', authorization_details: calls, task: { id: 'run-1' }, ...more };
  return created(await stage.caller(agent).ask(body), 202);
}

/** Fills the inbox with refunds, 100 for each agent at most: `order-1` of 40.01 EUR and so on, one after another. */
export async function manyRefunds(stage: Stage, agent: string, many: number): Promise<readonly string[]> {
  const ids: string[] = [];
  for (let number = 1; number <= many; number += 1) {
    const args = { order: `${agent}-${number}`, amount: 4_000 + number };
    ids.push((await asked(stage, agent, [callOf('refund.create', args)], { task: { id: `run-${number}` } })).id);
  }
  return ids;
}
