import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ConfigurationFolder, spoilt } from '../testing/configuration-folder.js';

const REFUND = ['resources', 0, 'actions', 'refund.create'] as const;
const ORDER = [...REFUND, 'arguments', 'properties', 'order'] as const;
const PLACE = 'resources[0].actions.refund.create';

let folder: ConfigurationFolder;
beforeEach(() => {
  folder = new ConfigurationFolder();
});
afterEach(() => folder.remove());

describe('what people read of a call', () => {
  it('is a sentence, and of each argument a title and a format', () => {
    folder.write(spoilt(REFUND, {
      risk: 'high',
      say: 'Refund {amount} of {order}, see {identifier}',
      arguments: {
        type: 'object',
        additionalProperties: false,
        properties: {
          order: { type: 'string', title: 'Order', format: 'uri' },
          amount: { type: 'integer', title: 'Amount', format: 'money/EUR' },
          urgent: { type: 'boolean', title: 'Urgent' },
          steps: { type: 'array', title: 'Steps', items: { type: 'integer', format: 'seconds' } },
        },
      },
    }));
    const [refund] = folder.read().catalog.resources[0]?.actions ?? [];
    expect(refund?.say).toBe('Refund {amount} of {order}, see {identifier}');
    expect(refund?.arguments?.properties).toEqual({
      order: { type: 'string', title: 'Order', format: 'uri' },
      amount: { type: 'integer', title: 'Amount', format: 'money/EUR' },
      urgent: { type: 'boolean', title: 'Urgent' },
      steps: { type: 'array', title: 'Steps', items: { type: 'integer', format: 'seconds' } },
    });
  });

  it.each<[readonly (string | number)[], unknown, string]>([
    [[...REFUND, 'say'], 'Refund {total}', `${PLACE}.say: names {total}, which is neither an argument of the action`],
    [[...REFUND, 'say'], 'Refund {order', `${PLACE}.say: must close every brace that it opens`],
    [[...REFUND, 'say'], '', `${PLACE}.say: must have 1 to 200 characters`],
    [[...REFUND, 'say'], 'x'.repeat(201), `${PLACE}.say: must have 1 to 200 characters`],
    [[...REFUND, 'say'], 'two\nlines', `${PLACE}.say: must not hold control characters`],
    [[...ORDER, 'title'], 7, `${PLACE}.arguments.properties.order.title: must be text (put it in quotes)`],
    [[...ORDER, 'title'], 'x'.repeat(65), `${PLACE}.arguments.properties.order.title: must have 1 to 64 characters`],
    [
      [...ORDER, 'format'],
      'money/EUR',
      `${PLACE}.arguments.properties.order.format: must be uri or date-time: the formats of a string`,
    ],
    [
      [...REFUND, 'arguments', 'properties', 'amount'],
      { type: 'integer', format: 'money/XYZ' },
      `${PLACE}.arguments.properties.amount.format: must be money/ and a currency of ISO 4217 (money/EUR), bytes or seconds`,
    ],
    [
      [...REFUND, 'arguments', 'properties', 'flag'],
      { type: 'boolean', format: 'uri' },
      `${PLACE}.arguments.properties.flag.format: is not a known key`,
    ],
  ])('%j = %j is refused', (path, value, problem) => {
    folder.write(spoilt(path, value));
    expect(() => folder.read()).toThrow(problem);
  });
});
