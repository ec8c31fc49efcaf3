import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { patiently, refundAsk, type Answer, type Caller } from '../harness/actors/agent.js';
import { brokenAfterwards } from '../harness/judges/invariants.js';
import type { Person } from '../harness/actors/person.js';
import { both, inEveryPlace, type Pair } from '../harness/load/race.js';
import { created } from '../harness/world/stage.js';
import { until } from '../harness/judges/until.js';

const quick = {
  resource: 'https://payments.example',
  authorization_details: [{ type: 'tool_call', actions: ['quick.ask'] }],
  task: { id: 'quick' },
};

const doubled = {
  resource: 'https://payments.example',
  authorization_details: [{ type: 'tool_call', actions: ['ledger.export'], arguments: { period: '2026-10' } }],
  task: { id: 'export' },
};

const ok = (answers: readonly Answer[]): Answer[] => answers.filter((answer) => answer.status === 200);

inEveryPlace(({ open, race, rounds }) => {
  let stage: Pair;
  let bob: Person;
  let carol: Person;

  beforeAll(async () => {
    stage = await open();
    bob = await stage.person('bob');
    carol = (await stage.person('carol')).at(stage.other);
  }, 60_000);
  afterAll(async () => {
    expect(await brokenAfterwards(stage.world, stage.everyone)).toEqual([]);
  }, 90_000);
  afterAll(() => stage?.close());

  const agent = (): Caller => stage.caller('support-bot');
  const pending = async () => created(await agent().ask(refundAsk()), 202);
  const seen = async (id: string) => (await agent().get(`/v1/escalations/${id}`)).body;
  const counted = async (table: 'votes' | 'grants', id: string): Promise<number> =>
    (await stage.world.database.pool.query(`select 1 from "${table}" where "escalation_id" = $1`, [id])).rows.length;

  /** The one who lost is told what is true. */
  function toldTheTruth(answers: readonly Answer[], status: unknown): void {
    expect(answers.find((answer) => answer.status !== 200)).toMatchObject({
      status: 409,
      body: { code: 'already_decided', status },
    });
  }

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
      toldTheTruth(answers, status);
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
      toldTheTruth(answers, status);
    });

    race('one person twice, by two processes: one vote, both content', async (flip) => {
      const asked = await pending();
      const answers = await both(
        flip,
        () => bob.decide(asked, 'approve'),
        () => bob.at(stage.other).decide(asked, 'approve'),
      );
      expect(ok(answers)).toHaveLength(2);
      expect(await counted('votes', asked.id)).toBe(1);
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
      toldTheTruth(answers, 'approved');
      expect(await counted('grants', asked.id)).toBe(1);
    });

    race('approve by three people where two are needed: one grant, and who came last is told', async (flip) => {
      const asked = created(await agent().ask(doubled), 202);
      const dave = (await stage.person('dave')).at(stage.other);
      const people = flip ? [dave, carol, bob] : [bob, carol, dave];
      const answers = await Promise.all(people.map((person) => person.decide(asked, 'approve')));
      expect(ok(answers)).toHaveLength(2);
      toldTheTruth(answers, 'approved');
      expect(await counted('votes', asked.id)).toBe(2);
      expect(await counted('grants', asked.id)).toBe(1);
    });

    race('approve, cancel and a suspension: nothing is ever collected', async (flip) => {
      const { continuation, ...asked } = await pending();
      const contenders = [
        () => bob.decide(asked, 'approve'),
        () => agent().post(`/v1/escalations/${asked.id}/cancel`),
        () => stage.there('ops-cli').post('/v1/agents/support-bot/suspend', {}),
      ];
      await Promise.all((flip ? contenders.reverse() : contenders).map((contend) => contend()));
      expect((await stage.there('support-bot').redeem(continuation.deferral_code)).status).not.toBe(200);
      await stage.caller('ops-cli').post('/v1/agents/support-bot/resume', {});
      expect((await agent().redeem(continuation.deferral_code)).status).toBe(400);
      const { status, grant } = await seen(asked.id);
      expect(['approved', 'cancelled']).toContain(status);
      if (grant !== null) expect(grant.status).toBe('revoked');
    });

    race('approve and a suspension: nothing that was approved outlives it', async (flip) => {
      const { continuation, ...asked } = await pending();
      const [decided, suspended] = await both(
        flip,
        () => bob.decide(asked, 'approve'),
        () => stage.there('ops-cli').post('/v1/agents/support-bot/suspend', {}),
      );
      expect(suspended.status).toBe(200);
      expect([200, 409]).toContain(decided.status);
      expect((await stage.there('support-bot').redeem(continuation.deferral_code)).status).not.toBe(200);
      await stage.caller('ops-cli').post('/v1/agents/support-bot/resume', {});
      expect((await agent().redeem(continuation.deferral_code)).status).toBe(400);
      const { status, grant } = await seen(asked.id);
      expect(status).not.toBe('pending');
      if (grant !== null) expect(grant.status).toBe('revoked');
    });
  });

  describe('in Slack', () => {
    const votedBy = (id: string) =>
      until('it is approved', async () => (await seen(id)).status === 'approved').then(() => counted('votes', id));

    race('a double click, taken by two processes: one vote', async () => {
      const asked = await pending();
      const { ts } = await stage.slack.card(asked.id);
      const clicks = await Promise.all([1, 2].map(() => stage.slack.click(bob.slackUser, ts, 'writ_approve')));
      expect(clicks).toMatchObject([{ ok: true }, { ok: true }]);
      expect(await votedBy(asked.id)).toBe(1);
    });

    race('the same approver by Slack and REST: one vote', async (flip) => {
      const asked = await pending();
      const { ts } = await stage.slack.card(asked.id);
      const [clicked, decided] = await both(
        flip,
        () => stage.slack.click(bob.slackUser, ts, 'writ_approve'),
        () => bob.at(stage.other).decide(asked, 'approve'),
      );
      expect(clicked).toMatchObject({ ok: true });
      expect(decided).toMatchObject({ status: 200, body: { escalation: { status: 'approved' } } });
      expect(await votedBy(asked.id)).toBe(1);
      expect(await counted('grants', asked.id)).toBe(1);
    });
  });

  /** So many at once that a process with few connections for asking takes them all. */
  const WAVE = 20;

  it(
    'approve and the deadline: what was approved in time stays, what was not is told lapsed',
    async () => {
      for (let left = rounds; left > 0; left -= WAVE) await approveAtTheDeadline(Math.min(left, WAVE));
    },
    30_000 + rounds * 1_000,
  );

  async function approveAtTheDeadline(times: number): Promise<void> {
    const asked = await Promise.all(
      Array.from({ length: times }, async () => {
        const body = created(await agent().ask(quick), 202);
        return { ...body, endsAt: Date.parse((await seen(body.id)).expires_at as string) };
      }),
    );
    // From well before to well after the deadline, on this machine's clock and so on the database's.
    const outcomes = await Promise.all(
      asked.map(async (one, turn) => {
        const aim = one.endsAt - 60 + (turn * 120) / times;
        await until('the moment', () => Date.now() >= aim);
        return [one.id, await (turn % 2 === 0 ? bob : carol).decide(one, 'approve')] as const;
      }),
    );
    for (const [id, decided] of outcomes) {
      const { status, grant } = await seen(id);
      if (decided.status === 200) expect({ status, grant }).toMatchObject({ status: 'approved', grant: {} });
      else expect({ decided, status }).toMatchObject({ decided: { status: 409, body: { status } }, status: 'lapsed' });
      expect(await counted('grants', id)).toBe(decided.status === 200 ? 1 : 0);
    }
  }

  it('a crowd of decisions is served by a process whose connections are fewer', async () => {
    const asked = await Promise.all(
      Array.from({ length: 40 }, async () => created(await patiently(() => agent().ask(refundAsk())), 202)),
    );
    const answers = await Promise.all(asked.map((one) => bob.decide(one, 'approve')));
    expect(answers.filter(({ status }) => status !== 200).map(({ status, body }) => ({ status, body }))).toEqual([]);
  }, 90_000);
});
