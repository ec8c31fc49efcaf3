import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PostgresListener } from '#persistence/deliver/postgres-listener.js';
import { refundAsk, type Answer } from '../../harness/actors/agent.js';
import { Person } from '../../harness/actors/person.js';
import { approvedRefund, collectedRefund, created, setStage, type Stage } from '../../harness/world/stage.js';
import type { Config } from '../../harness/world/world.js';
import { until } from '../../harness/judges/until.js';

let stage: Stage;

beforeAll(async () => {
  const named = (config: Config): void => {
    for (const person of config.people) if (person.id === 'bob') Object.assign(person, { name: 'Bob Brook' });
  };
  stage = await setStage(named, { roles: 'api' });
});
afterAll(() => stage.close());

interface Item {
  id: string;
  status: string;
  grant: { id: string; status: string } | null;
  votes: { person: string; name: string }[];
  may: { decide: boolean; why_not: string | null; revoke: boolean; nudge: boolean };
  folded: number;
}

async function inbox(id: string, query = ''): Promise<{ items: Item[]; next_cursor: string | null }> {
  const got = await (await stage.person(id)).send('GET', `/v1/inbox${query}`);
  expect([got.status, got.body]).toEqual([200, expect.anything()]);
  return got.body as { items: Item[]; next_cursor: string | null };
}

const idsOf = ({ items }: { items: Item[] }): string[] => items.map(({ id }) => id);
let orders = 0;
/** Asks for another refund each time: the same one again would fold, and be slowed down after denials. */
async function ask(agent = 'support-bot'): Promise<{ id: string; digest: string }> {
  return created(await stage.caller(agent).ask(refundAsk(`order-${(orders += 1)}`)), 202);
}

describe('what is pending', () => {
  it('is what I may decide now, and gone once I have voted', async () => {
    const asked = await ask();
    const mine = (await inbox('bob')).items.find(({ id }) => id === asked.id);
    expect(mine).toMatchObject({ may: { decide: true, why_not: null, revoke: false, nudge: false }, folded: 0 });
    await (await stage.person('bob')).decide(asked, 'deny');
    expect(idsOf(await inbox('bob'))).not.toContain(asked.id);
    expect(idsOf(await inbox('carol'))).not.toContain(asked.id);
  });

  it('is not mine as the owner of the agent, in another group, or without the role', async () => {
    const asked = await ask();
    for (const id of ['alice', 'dave', 'erin', 'olga', 'omar'])
      expect([id, idsOf(await inbox(id))]).toEqual([id, expect.not.arrayContaining([asked.id])]);
    expect(idsOf(await inbox('carol'))).toContain(asked.id);
  });

  it('is not mine any more after my vote, though others still have to decide', async () => {
    const export_ = {
      resource: 'https://payments.example',
      authorization_details: [{ type: 'tool_call', actions: ['ledger.export'], arguments: { period: '2026' } }],
      task: { id: 'run-9' },
    };
    const asked = created(await stage.caller('support-bot').ask(export_), 202);
    expect(await (await stage.person('bob')).decide(asked, 'approve')).toMatchObject({ body: { vote: 'recorded' } });
    expect(idsOf(await inbox('bob'))).not.toContain(asked.id);
    expect(idsOf(await inbox('dave'))).toContain(asked.id);
  });

  it('ends with the agent’s suspension', async () => {
    const asked = await ask('rival-bot');
    expect(idsOf(await inbox('bob'))).toContain(asked.id);
    const olga = await stage.person('olga');
    await olga.send('POST', '/v1/agents/rival-bot/suspend', { reason: 'Test.' });
    expect(idsOf(await inbox('bob'))).not.toContain(asked.id);
    await olga.send('POST', '/v1/agents/rival-bot/resume', {});
  });

  it('comes in pages, the nearest deadline first, each row once', async () => {
    for (let count = 0; count < 5; count += 1) await ask();
    const whole = idsOf(await inbox('carol', '?limit=200'));
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const page: { items: Item[]; next_cursor: string | null } = await inbox(
        'carol',
        `?limit=2${cursor === null ? '' : `&cursor=${cursor}`}`,
      );
      seen.push(...idsOf(page));
      cursor = page.next_cursor;
    } while (cursor !== null);
    expect(seen).toEqual(whole);
    expect(new Set(seen).size).toBe(seen.length);
  });

  it('shows identical asks of one agent as the first of them, with a count', async () => {
    const same = refundAsk(`order-${(orders += 1)}`);
    const three: { id: string }[] = [];
    for (let count = 0; count < 3; count += 1) three.push(created(await stage.caller('support-bot').ask(same), 202));
    const [head, ...behind] = three.map(({ id }) => id);
    const shown = (await inbox('bob', '?limit=200')).items.filter(({ id }) => three.some((one) => one.id === id));
    expect(shown.map(({ id, folded }) => [id, folded])).toEqual([[head, 2]]);
    const context = await (await stage.person('bob')).send('GET', `/v1/escalations/${head}/context`);
    expect((context.body as { folded: string[] }).folded).toEqual(behind);
  });

  it.each(['?view=other', '?limit=0', '?limit=x', '?person=bob', '?cursor=abc', '?view=live&view=pending'])(
    'is not read with %s',
    async (query) => {
      const got = await (await stage.person('bob')).send('GET', `/v1/inbox${query}`);
      expect([400, 422]).toContain(got.status);
    },
  );

  it('has cursors that are good for one reader and one view', async () => {
    await Promise.all([ask(), ask()]);
    const { next_cursor: cursor } = await inbox('bob', '?limit=1');
    const send = async (id: string, view: string): Promise<number> =>
      (await (await stage.person(id)).send('GET', `/v1/inbox?view=${view}&cursor=${cursor}`)).status;
    expect(await send('bob', 'pending')).toBe(200);
    expect(await send('bob', 'decided')).toBe(400);
    expect(await send('carol', 'pending')).toBe(400);
  });
});

describe('what is live', () => {
  it('is what I approved, to be revoked while it lasts', async () => {
    const held = await collectedRefund(stage);
    const item = (await inbox('bob', '?view=live')).items.find(({ id }) => id === held.id);
    expect(item).toMatchObject({ grant: { id: held.grant, status: 'active' }, may: { decide: false, revoke: true } });
    expect(item?.votes).toEqual([expect.objectContaining({ person: 'bob', name: 'Bob Brook' })]);
    expect(idsOf(await inbox('carol', '?view=live'))).not.toContain(held.id);
    await (await stage.person('bob')).send('POST', `/v1/grants/${held.grant}/revoke`, { reason: 'Enough.' });
    expect(idsOf(await inbox('bob', '?view=live'))).not.toContain(held.id);
  });

  it('is everything to operators, and all of their resource to its owners', async () => {
    const ready = await approvedRefund(stage);
    expect(idsOf(await inbox('olga', '?view=live'))).toContain(ready.id);
    expect(idsOf(await inbox('omar', '?view=live'))).toContain(ready.id);
    for (const id of ['alice', 'dave', 'erin'])
      expect([id, idsOf(await inbox(id, '?view=live'))]).toEqual([id, expect.not.arrayContaining([ready.id])]);
  });
});

it('what I decided stays mine, newest first', async () => {
  const [one, two] = [await ask(), await ask()];
  const carol = await stage.person('carol');
  await carol.decide(one, 'deny');
  await carol.decide(two, 'approve');
  expect(idsOf(await inbox('carol', '?view=decided')).slice(0, 2)).toEqual([two.id, one.id]);
  expect(idsOf(await inbox('bob', '?view=decided'))).not.toContain(one.id);
  const [newest] = (await inbox('carol', '?view=decided&limit=1')).items;
  expect(newest).toMatchObject({ id: two.id, may: { decide: false, why_not: 'already_decided', revoke: true } });
});

describe('the page of an escalation', () => {
  const context = async (person: string, id: string): Promise<Answer> =>
    (await stage.person(person)).send('GET', `/v1/escalations/${id}/context`);

  it('tells who asks, what they had, what became of the same ask, and what happened so far', async () => {
    const order = '4711';
    const first = created(await stage.caller('support-bot').ask(refundAsk(order)), 202);
    await (await stage.person('bob')).decide(first, 'approve', { limits: { ttl: 60 } });
    const second = created(await stage.caller('support-bot').ask(refundAsk(order)), 202);
    await (await stage.person('bob')).decide(second, 'deny');
    const third = created(await stage.caller('support-bot').ask(refundAsk(order, { requested_ttl: 30 })), 202);
    const { status, body } = await context('carol', third.id);
    expect([status, body]).toEqual([200, expect.anything()]);
    expect(body).toMatchObject({
      agent: { id: 'support-bot', name: 'Support bot', owner: 'alice', owner_name: 'alice', status: 'active' },
      same_ask: { approved: 1, denied: 1, last: { status: 'denied' } },
      chain: [],
      votes: [],
      comments: [],
      step_up: null,
      slack: null,
      break_glass: null,
      folded: [],
    });
    expect(body.recent_grants).toContainEqual(
      expect.objectContaining({ action: 'refund.create', resource: 'https://payments.example' }),
    );
    expect(body.clock.asked_at < body.clock.decide_before).toBe(true);
    expect(body.clock.steps.at(-1)).toEqual({ at: body.clock.decide_before, step: 'lapses', done: false });
    expect(body.timeline[0]).toMatchObject({ type: 'escalation.requested', text: 'support-bot asked' });
    const told = (await context('carol', first.id)).body;
    expect(told.votes).toEqual([
      expect.objectContaining({
        person: 'bob',
        name: 'Bob Brook',
        verdict: 'approve',
        limits: { ttl: 60 },
        stepped_up: false,
      }),
    ]);
    expect(told.timeline.map(({ text }: { text: string }) => text)).toEqual([
      'support-bot asked',
      'Bob Brook approved for less',
      'approved by Bob Brook, for less than was asked',
      'waits for the agent to collect it',
    ]);
  });

  it('is there for whoever may read the escalation, and for nobody else', async () => {
    const asked = await ask();
    for (const id of ['bob', 'carol', 'erin', 'olga', 'omar']) expect((await context(id, asked.id)).status).toBe(200);
    for (const id of ['alice', 'dave']) expect((await context(id, asked.id)).status).toBe(404);
    expect((await context('bob', 'esc_01KAMZ0000000000000000000A')).status).toBe(404);
    const path = `/v1/escalations/${asked.id}/context`;
    expect((await stage.caller('auditor-tool').get(path)).status).toBe(200);
    expect((await stage.caller('payments-api').get(path)).status).toBe(404);
    expect((await stage.caller('support-bot').get(path)).status).toBe(403);
  });
});

describe('the stream of an inbox', () => {
  /** Reads a stream into `told` until it is stopped or the broker ends it. */
  function listen(person: Person): { told: string[]; ended: Promise<void>; stop: () => void; status: Promise<number> } {
    const told: string[] = [];
    const control = new AbortController();
    const opened = fetch(`${stage.broker.issuer}/v1/inbox/stream`, {
      headers: { cookie: person.cookie },
      signal: control.signal,
    });
    const ended = opened
      .then(async (response) => {
        for await (const chunk of response.body ?? []) told.push(Buffer.from(chunk as Uint8Array).toString());
      })
      .catch(() => undefined);
    return { told, ended, stop: () => control.abort(), status: opened.then(({ status }) => status) };
  }

  it('tells of what I may read, and of nothing else', async () => {
    const [bob, dave] = [listen(await stage.person('bob')), listen(await stage.person('dave'))];
    await until('both streams are open', () => bob.told.length > 0 && dave.told.length > 0);
    const asked = await ask();
    await until('bob hears', () => bob.told.join('').includes(asked.id));
    expect(bob.told.join('')).toContain(`event: changed\ndata: {"escalation":"${asked.id}"}\n\n`);
    await (await stage.person('bob')).decide(asked, 'deny');
    await until('bob hears again', () => bob.told.join('').split(asked.id).length > 2);
    expect(dave.told.join('')).not.toContain(asked.id);
    for (const stream of [bob, dave]) stream.stop();
    await Promise.all([bob.ended, dave.ended]);
  });

  it('hears in every process of a comment where there is no card', async () => {
    const heard: string[] = [];
    const feed = new PostgresListener(stage.world.database.url);
    let open = false;
    feed.open({ listening: () => (open = true), heard: (ids) => heard.push(...ids), lost: () => undefined });
    try {
      await until('it listens', () => open);
      const { id } = await ask();
      await (await stage.person('bob')).send('POST', `/v1/escalations/${id}/comments`, { text: 'Looking at it.' });
      // What the outbox announces is left to a worker, and there is none here.
      await until('the comment is told', () => heard.includes(id));
    } finally {
      await feed.close();
    }
  });

  it('is one of five, and room is made when one ends', async () => {
    const carol = await Person.signIn(stage.world, stage.broker, 'carol');
    const five = Array.from({ length: 5 }, () => listen(carol));
    await until('five are open', () => five.every(({ told }) => told.length > 0));
    const sixth = await carol.send('GET', '/v1/inbox/stream');
    expect(sixth).toMatchObject({ status: 429, body: { code: 'rate_limited' } });
    five[0]?.stop();
    const again = await until('there is room', async () => {
      const stream = listen(carol);
      if ((await stream.status) === 200) return stream;
      await stream.ended;
      return undefined;
    });
    for (const stream of [...five, again]) stream.stop();
    await Promise.all([...five, again].map(({ ended }) => ended));
  });

  it('ends with its session', async () => {
    const carol = await Person.signIn(stage.world, stage.broker, 'carol');
    const stream = listen(carol);
    await until('it is open', () => stream.told.length > 0);
    await carol.send('DELETE', '/v1/sessions/current');
    await stream.ended;
    expect((await carol.send('GET', '/v1/inbox/stream')).status).toBe(401);
  });
});
