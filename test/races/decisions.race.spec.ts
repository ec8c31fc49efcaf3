import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { refundAsk, type Answer, type Caller } from '../harness/agent.js';
import { brokenInvariants, settledCards } from '../harness/invariants.js';
import { type Person } from '../harness/person.js';
import { both, race, startPair, type Pair } from '../harness/race.js';
import { created } from '../harness/stage.js';

let stage: Pair;
let bob: Person;
let carol: Person;

beforeAll(async () => {
  stage = await startPair();
  bob = await stage.person('bob');
  carol = (await stage.person('carol')).at(stage.other);
});
afterAll(async () => {
  await settledCards(stage.world, stage.broker);
  expect(await brokenInvariants(stage.world)).toEqual([]);
});
afterAll(() => stage.close());

const agent = (): Caller => stage.caller('support-bot');
const ok = (answers: readonly Answer[]): Answer[] => answers.filter((answer) => answer.status === 200);
const pending = async () => created(await agent().ask(refundAsk()), 202);
const seen = async (id: string) => (await agent().get(`/v1/escalations/${id}`)).body;

describe('two decisions at once', () => {
  race('approve and deny: the first settles, the other is told', async (flip) => {
    const asked = await pending();
    const answers = await both(
      flip,
      () => bob.decide(asked, 'approve'),
      () => carol.decide(asked, 'deny'),
    );
    const [won] = ok(answers);
    expect(ok(answers)).toHaveLength(1);
    const { status, grant } = await seen(asked.id);
    expect(won?.body).toMatchObject({ vote: 'settled', escalation: { status } });
    expect(answers.find((answer) => answer.status !== 200)).toMatchObject({
      status: 409,
      body: { code: 'already_decided', status },
    });
    expect(grant === null).toBe(status === 'denied');
  });

  race('approve and cancel: one of them holds', async (flip) => {
    const asked = await pending();
    const answers = await both(
      flip,
      () => bob.decide(asked, 'approve'),
      () => stage.there('support-bot').post(`/v1/escalations/${asked.id}/cancel`),
    );
    expect(ok(answers)).toHaveLength(1);
    const { status } = await seen(asked.id);
    expect(status).toBe(answers[0].status === 200 ? 'approved' : 'cancelled');
    expect(answers.find((answer) => answer.status !== 200)).toMatchObject({
      status: 409,
      body: { code: 'already_decided', status },
    });
  });

  race('one person twice, by two processes: one vote, both content', async (flip) => {
    const asked = await pending();
    const answers = await both(
      flip,
      () => bob.decide(asked, 'approve'),
      () => bob.at(stage.other).decide(asked, 'approve'),
    );
    expect(ok(answers)).toHaveLength(2);
    const { rows } = await stage.world.database.pool.query('select 1 from "votes" where "escalation_id" = $1', [
      asked.id,
    ]);
    expect(rows).toHaveLength(1);
    expect((await seen(asked.id)).grant.status).toBe('ready');
  });

  race('approve by two people: one grant', async (flip) => {
    const asked = await pending();
    const answers = await both(
      flip,
      () => bob.decide(asked, 'approve'),
      () => carol.decide(asked, 'approve'),
    );
    expect(ok(answers)).toHaveLength(1);
    expect(answers.find((answer) => answer.status !== 200)).toMatchObject({
      status: 409,
      body: { code: 'already_decided', status: 'approved' },
    });
  });
});

describe('a crowd', () => {
  it('of decisions is served by a process whose connections are fewer', async () => {
    const asked = await Promise.all(Array.from({ length: 60 }, pending));
    const answers = await Promise.all(asked.map((one) => bob.decide(one, 'approve')));
    expect(ok(answers)).toHaveLength(60);
  }, 30_000);
});
