import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { refundAsk } from '../../harness/actors/agent.js';
import { brokenInvariants } from '../../harness/judges/invariants.js';
import { applyConfig } from '../../harness/world/apply.js';
import { created, setStage, type Stage } from '../../harness/world/stage.js';
import { until } from '../../harness/judges/until.js';

interface Asked {
  readonly id: string;
  readonly digest: string;
}

let stage: Stage;

beforeAll(async () => {
  stage = await setStage();
});
afterAll(async () => {
  expect(await brokenInvariants(stage.world)).toEqual([]);
});
afterAll(() => stage.close());
afterEach(async () => {
  for (const agent of ['support-bot', 'rival-bot'])
    await stage.caller('ops-cli').post(`/v1/agents/${agent}/deny-pending`, { reason: 'The test is over.' });
});

const ask = async (order: string, more: Record<string, unknown> = {}, agent = 'support-bot'): Promise<Asked> =>
  created(await stage.caller(agent).ask(refundAsk(order, more)), 202);
const several = async (count: number, order: string): Promise<Asked[]> => {
  const made: Asked[] = [];
  for (let index = 0; index < count; index += 1) made.push(await ask(order));
  return made;
};
const statusOf = async (id: string): Promise<string> =>
  (await stage.caller('support-bot').get(`/v1/escalations/${id}`)).body.status as string;
const carded = async (asked: readonly Asked[]): Promise<string[]> => {
  const { rows } = await stage.world.database.pool.query<{ id: string }>(
    'select "escalation_id" as "id" from "slack_cards" where "escalation_id" = any($1) and "ts" is not null',
    [asked.map(({ id }) => id)],
  );
  return rows.map((row) => row.id);
};
/** Nothing waits in the outbox or the queue for these requests: what has no card now gets none. */
const settled = (): Promise<unknown> =>
  until('the outbox to drain', async () => {
    const { rows } = await stage.world.database.pool.query(
      'select 1 from "outbox" where "dispatched_at" is null and ("not_before" is null or "not_before" < clock_timestamp())',
    );
    return rows.length === 0;
  });

describe('asks that are the same', () => {
  it('share the card of the first, which counts the others', async () => {
    const asked = await several(3, 'one');
    const [first] = asked as [Asked];
    await until('the count', async () => JSON.stringify(await stage.slack.card(first.id)).includes('2 identical'));
    await settled();
    expect(await carded(asked)).toEqual([first.id]);
  });

  it('are not the same for another task, in other words, for another time or of another agent', async () => {
    const first = await ask('two');
    const same = await ask('two');
    const task = await ask('two', { task: { id: 'other', description: 'Refund order two', ticket: 'OPS-1' } });
    const words = await ask('two', { justification: 'In other words.' });
    const others = [task, words, await ask('two', { requested_ttl: 120 }), await ask('two', { max_uses: 2 })];
    const rival = await ask('two', {}, 'rival-bot');
    for (const { id } of [first, ...others, rival]) await stage.slack.card(id);
    await settled();
    expect(await carded([same])).toEqual([]);
  });

  it('make one card out of twenty at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => stage.caller('rival-bot').ask(refundAsk('twenty'))),
    );
    const asked = answers.map((answer) => created(answer, 202));
    await until('a card', async () => (await carded(asked)).length > 0);
    await until('the count', async () => {
      const [head = ''] = await carded(asked);
      return JSON.stringify(await stage.slack.card(head)).includes('19 identical');
    });
    await settled();
    expect(await carded(asked)).toHaveLength(1);
  });
});

describe('a decision on the first', () => {
  it('that denies it denies those behind it, each with its own event by that person', async () => {
    const asked = await several(3, 'deny');
    const [first, second] = asked as [Asked, Asked];
    const bob = await stage.person('bob');
    const decided = await bob.decide(first, 'deny');
    expect([decided.status, decided.body]).toEqual([200, expect.objectContaining({ vote: 'settled', denied: 3 })]);
    for (const { id } of asked) expect(await statusOf(id)).toBe('denied');
    expect((await stage.caller('support-bot').get(`/v1/escalations/${second.id}`)).body.denial).toMatchObject({
      by: 'person',
      code: 'identical_denied',
      reason: 'An identical request was denied.',
    });
    const { body } = await stage.caller('auditor-tool').get(`/v1/audit/events?escalation=${second.id}`);
    expect((body.items as { type: string }[])[0]).toMatchObject({
      type: 'escalation.denied',
      actor: { kind: 'person', id: 'bob' },
      data: { identical_to: first.id },
    });
  });

  it('that approves it approves nothing else; the next one gets the card', async () => {
    const asked = await several(3, 'approve');
    const [first, second, third] = asked as [Asked, Asked, Asked];
    await stage.slack.card(first.id);
    await (await stage.person('bob')).decide(first, 'approve');
    await until('the card of the second', async () => (await carded([second])).length === 1);
    await settled();
    expect([await statusOf(second.id), await statusOf(third.id)]).toEqual(['pending', 'pending']);
    expect(await carded([third])).toEqual([]);
  });

  it('that comes from the agent, by cancelling, gives the next one the card too', async () => {
    const [first, second] = (await several(2, 'cancel')) as [Asked, Asked];
    await stage.caller('support-bot').post(`/v1/escalations/${first.id}/cancel`);
    await until('the card of the second', async () => (await carded([second])).length === 1);
  });

  it('spares a request whose person may not deny it', async () => {
    const [first, second] = (await several(2, 'spare')) as [Asked, Asked];
    await applyConfig(stage.world, ({ agents }) => Object.assign(agents[0] ?? {}, { owner: 'bob' }));
    const third = await ask('spare');
    await applyConfig(stage.world, () => undefined);
    await (await stage.person('bob')).decide(first, 'deny');
    expect([await statusOf(second.id), await statusOf(third.id)]).toEqual(['denied', 'pending']);
    await until('its card', async () => (await carded([third])).length === 1);
  });
});

describe('a request behind another', () => {
  it('is decided over REST like any other, and its denial ends no other', async () => {
    const [first, second, third] = (await several(3, 'rest')) as [Asked, Asked, Asked];
    const bob = await stage.person('bob');
    expect((await bob.decide(second, 'approve')).status).toBe(200);
    expect((await bob.decide(third, 'deny')).status).toBe(200);
    expect([await statusOf(first.id), await statusOf(second.id)]).toEqual(['pending', 'approved']);
  });

  it('gets the card when the first lapses', async () => {
    const quick = {
      resource: 'https://payments.example',
      authorization_details: [{ type: 'tool_call', actions: ['quick.ask'] }],
      task: { id: 'quick' },
    };
    const first = created(await stage.caller('rival-bot').ask(quick), 202);
    await until('its end', async () => {
      const { body } = await stage.caller('rival-bot').get(`/v1/escalations/${first.id}`);
      return body.status === 'lapsed';
    });
    const second = created(await stage.caller('rival-bot').ask(quick), 202);
    await until('its card', async () => (await carded([second])).length === 1);
  });
});

it('the hash and the order of an ask never change', async () => {
  const { id } = await ask('stays');
  for (const change of [`"ask_hash" = 'sha256:other'`, `"ask_order" = 0`]) {
    const query = `update "escalations" set ${change}, "last_change" = 'voted' where "id" = '${id}'`;
    await expect(stage.world.database.pool.query(query)).rejects.toThrow('an ask stays the ask it was');
  }
});
