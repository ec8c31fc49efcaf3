import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { refundAsk, type Answer } from '../../harness/actors/agent.js';
import { created, setStage, type Stage } from '../../harness/world/stage.js';
import { asSuperuser } from '../../harness/world/superuser.js';
import { until } from '../../harness/judges/until.js';

let stage: Stage;

beforeAll(async () => {
  stage = await setStage();
});
afterAll(() => stage.close());

interface Seen {
  readonly before_at: string;
  readonly recent_grants: { action: string; count: number }[];
  readonly same_ask: { approved: number; denied: number; denials: { name: string }[] };
}
interface Context extends Seen {
  readonly votes: { person: string; at: string; shown: Seen | null; shown_missing: string | null }[];
  readonly on_card: boolean;
}

const contextOf = async (id: string, person = 'bob'): Promise<Context> =>
  (await (await stage.person(person)).send('GET', `/v1/escalations/${id}/context`)).body as Context;
const ask = async (order: string): Promise<{ id: string; digest: string }> =>
  created(await stage.caller('support-bot').ask(refundAsk(order)), 202);
const decide = async (
  asked: { id: string; digest: string },
  person = 'bob',
  verdict: 'approve' | 'deny' = 'approve',
): Promise<Answer> => {
  const decided = await (await stage.person(person)).decide(asked, verdict);
  expect(decided.status).toBe(200);
  return decided;
};
const refunds = ({ recent_grants: grants }: Seen): number =>
  grants.find(({ action }) => action === 'refund.create')?.count ?? 0;
const exporting = async (period: string): Promise<{ id: string; digest: string }> =>
  created(
    await stage.caller('support-bot').ask({
      resource: 'https://payments.example',
      authorization_details: [{ type: 'tool_call', actions: ['ledger.export'], arguments: { period } }],
      task: { id: 'run-export' },
    }),
    202,
  );

describe('what is shown beside a request', () => {
  it('is kept with the vote: neither the request itself nor what came later is in it', async () => {
    await decide(await ask('same'), 'carol', 'deny');
    const asked = await ask('same');
    const before = await contextOf(asked.id);
    await decide(asked);
    const then = await contextOf(asked.id);
    for (const order of ['later-1', 'later-2']) await decide(await ask(order));
    await decide(await ask('same'), 'carol', 'deny');

    const after = await contextOf(asked.id, 'erin');
    const [vote] = after.votes;
    expect(vote?.shown?.recent_grants).toEqual(before.recent_grants);
    expect(vote?.shown?.same_ask).toEqual(before.same_ask);
    expect(vote?.shown?.same_ask).toMatchObject({ approved: 0, denied: 1, denials: [{ name: 'carol' }] });
    const beforeVote = Date.parse(vote?.at ?? '') - Date.parse(vote?.shown?.before_at ?? '');
    expect([beforeVote >= 0, beforeVote < 5_000]).toEqual([true, true]);
    expect(after.votes).toEqual(then.votes);
    expect([refunds(after), after.same_ask.denied]).toEqual([refunds(before), 1]);
  });

  it('is each voter’s own, where several voted', async () => {
    const asked = await exporting('2026-01');
    await decide(asked, 'bob');
    const first = refunds(await contextOf(asked.id));
    await decide(await ask('between'), 'bob');
    await decide(asked, 'carol');
    await decide(asked, 'dave');
    const { votes } = await contextOf(asked.id, 'erin');
    expect(votes.map(({ person, shown }) => [person, shown === null ? null : refunds(shown)])).toEqual([
      ['bob', first],
      ['carol', first + 1],
      ['dave', first + 1],
    ]);
  });

  it('is of now while it is pending', async () => {
    const asked = await ask('waits');
    const first = refunds(await contextOf(asked.id));
    await decide(await ask('meanwhile'));
    expect(refunds(await contextOf(asked.id))).toBe(first + 1);
  });

  it('is of when it was asked, where policy decided', async () => {
    const read = {
      resource: 'https://payments.example',
      authorization_details: [{ type: 'tool_call', actions: ['payment.read'] }],
      task: { id: 'run-read' },
    };
    const allowed = created(await stage.caller('support-bot').ask(read), 201);
    created(await stage.caller('support-bot').ask(read), 201);
    const seen = await contextOf(allowed.id, 'erin');
    expect(seen.recent_grants.filter(({ action }) => action === 'payment.read')).toEqual([]);
    expect([seen.votes, seen.same_ask.approved, seen.on_card]).toEqual([[], 0, false]);
  });

  it('is what the card said, for a vote in Slack', async () => {
    const asked = await ask('by-card');
    const card = await stage.slack.card(asked.id);
    const first = refunds(await contextOf(asked.id));
    await decide(await ask('after-the-card'));
    const story = async () => (await stage.caller('auditor-tool').get(`/v1/audit/events?escalation=${asked.id}`)).body;
    const written = (await story()).items.filter(({ type }: { type: string }) => /^card\./.test(type));
    await stage.slack.click('U0002', card.ts, 'writ_approve');
    const { votes, on_card } = await until('the vote', async () => {
      const context = await contextOf(asked.id);
      return context.votes.length === 1 ? context : undefined;
    });
    expect(on_card).toBe(true);
    expect(refunds(votes[0]?.shown as Seen)).toBe(first);
    expect(votes[0]?.shown?.before_at).toBe(written[0].at);
  });

  it('stands in the audit log with the vote, for auditors alone', async () => {
    const asked = await ask('audited');
    await decide(asked);
    const { body } = await stage
      .caller('auditor-tool')
      .get(`/v1/audit/events?type=vote.recorded&escalation=${asked.id}`);
    expect(body.items[0].data.shown).toMatchObject({ recent_grants: expect.any(Array), same_ask: { denied: 0 } });
    expect(JSON.stringify((await stage.caller('support-bot').get(`/v1/escalations/${asked.id}`)).body)).not.toContain(
      'recent_grants',
    );
  });
});

describe('a vote whose entry in the history was changed', () => {
  it('tells nothing of what was shown, and says why', async () => {
    const asked = await ask('changed');
    await decide(asked);
    expect((await contextOf(asked.id)).votes[0]).toMatchObject({ shown: expect.any(Object), shown_missing: null });
    await asSuperuser(
      stage.world,
      `update "events" set "data" = jsonb_set("data", '{shown,same_ask,denied}', '7')
       where "type" = 'vote.recorded' and "escalation_id" = $1`,
      [asked.id],
    );
    expect((await contextOf(asked.id)).votes[0]).toMatchObject({ shown: null, shown_missing: 'entry_missing' });
  });
});
