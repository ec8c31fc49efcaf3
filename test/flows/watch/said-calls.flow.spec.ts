import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { refundAsk } from '../../harness/actors/agent.js';
import { applyConfig } from '../../harness/world/apply.js';
import { created, setStage, type Stage } from '../../harness/world/stage.js';
import type { Config } from '../../harness/world/world.js';

let stage: Stage;

/** The words of the catalogue; `format` is of the amount. */
const worded =
  (say: string, format: string) =>
  (config: Config): void => {
    const [payments] = config.resources;
    const actions = payments?.['actions'] as Record<string, { say?: string; arguments: { properties: object } }>;
    const refund = actions['refund.create'] as (typeof actions)[string];
    refund.say = say;
    refund.arguments.properties = {
      order: { type: 'string', title: 'Order' },
      amount: { type: 'integer', title: 'Amount', format },
    };
  };

beforeAll(async () => {
  stage = await setStage(worded('Refund {amount} for order {order}', 'money/EUR'), { roles: 'api' });
});
afterAll(() => stage.close());

interface ForPeople {
  readonly id: string;
  readonly digest: string;
  readonly policy: { readonly version: string };
  readonly resource_name: string;
  readonly calls: readonly { readonly actions: readonly { readonly sentence: string | null }[] }[];
}

async function read(path: string): Promise<unknown> {
  return (await (await stage.person('bob')).send('GET', path)).body;
}

describe('the call that a person decides about', () => {
  it('is said in the words of the configuration, the same in the inbox and on the page', async () => {
    const { id } = created(await stage.caller('support-bot').ask(refundAsk('8812')), 202);
    const page = (await read(`/v1/escalations/${id}`)) as ForPeople;
    expect(page).toMatchObject({
      agent_name: 'Support bot',
      resource_name: 'Payments',
      calls: [
        {
          actions: [{ action: 'refund.create', sentence: 'Refund 40.00 EUR for order 8812' }],
          identifier: 'order/8812',
          arguments: [
            { name: 'order', title: 'Order', value: '8812', shown: null },
            { name: 'amount', title: 'Amount', value: 4000, shown: '40.00 EUR' },
          ],
        },
      ],
    });
    const { items } = (await read('/v1/inbox')) as { items: ForPeople[] };
    expect(items.find((item) => item.id === id)?.calls).toEqual(page.calls);
  });

  it('is shown by new words at once, and they change neither digest nor policy version', async () => {
    const { id } = created(await stage.caller('support-bot').ask(refundAsk('8813')), 202);
    const before = (await read(`/v1/escalations/${id}`)) as ForPeople;
    await applyConfig(stage.world, worded('Pay back {amount}', 'money/JPY'));
    const after = (await read(`/v1/escalations/${id}`)) as ForPeople;
    expect(after.calls[0]?.actions[0]?.sentence).toBe('Pay back 4,000 JPY');
    expect([after.digest, after.policy.version]).toEqual([before.digest, before.policy.version]);
  });

  it('is never said to the agent', async () => {
    const { id } = created(await stage.caller('support-bot').ask(refundAsk('8814')), 202);
    const own = await stage.caller('support-bot').send('GET', `/v1/escalations/${id}`);
    expect(own.body).not.toHaveProperty('calls');
    expect(own.body).not.toHaveProperty('agent_name');
  });
});
