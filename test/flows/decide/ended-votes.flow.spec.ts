import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { refundAsk, type Answer } from '../../harness/actors/agent.js';
import { brokenInvariants } from '../../harness/judges/invariants.js';
import { created, setStage, type Stage } from '../../harness/world/stage.js';
import type { Config } from '../../harness/world/world.js';

/** Exports take one of two groups each, so that an approval can stand, and be ended, while another is awaited. */
let stage: Stage;

beforeAll(async () => {
  stage = await setStage(
    (config: Config) => {
      for (const person of config.people)
        if (person.id === 'carol') Object.assign(person, { roles: ['approver', 'operator'] });
    },
    { roles: 'api' },
  );
});
afterAll(async () => {
  expect(await brokenInvariants(stage.world)).toEqual([]);
  await stage.close();
});

type Asked = { id: string; digest: string };

let month = 0;
const call = (): object => ({
  type: 'tool_call',
  actions: ['ledger.export'],
  arguments: { period: `${2000 + (month += 1)}-01` },
});
async function askedFor(calls: readonly object[] = [call()]): Promise<Asked> {
  const ask = { ...refundAsk(`e${month}`), authorization_details: calls };
  return created(await stage.caller('support-bot').ask(ask), 202);
}
const vote = async (person: string, asked: Asked, more: Record<string, unknown> = {}): Promise<Answer> =>
  (await stage.person(person)).decide(asked, 'approve', more);
const stepUp = async (person: string, { id, digest }: Asked, more: Record<string, unknown> = {}): Promise<Answer> =>
  (await stage.person(person)).send('POST', `/v1/escalations/${id}/step-up`, { verdict: 'approve', digest, ...more });
const kill = (person: string) =>
  stage.caller('ops-cli').post('/v1/kill', { kind: 'approver', id: person, reason: 'Drill.' });
const ENDED = { status: 409, body: { code: 'already_voted', ended_by: 'kill_switch' } };

describe('an approver whose approval a kill switch ended', () => {
  it('does not vote on that request again, and is told so at every door', async () => {
    const asked = await askedFor();
    expect(await vote('bob', asked)).toMatchObject({ body: { vote: 'recorded' } });
    expect((await kill('bob')).status).toBe(200);

    const bob = await stage.person('bob');
    expect(await bob.send('GET', `/v1/escalations/${asked.id}/context`)).toMatchObject({
      body: { may: { decide: false, why_not: 'already_voted' } },
    });
    const { items } = (await bob.send('GET', '/v1/inbox')).body as { items: Asked[] };
    expect(items.map(({ id }) => id)).not.toContain(asked.id);
    expect(await stepUp('bob', asked)).toMatchObject(ENDED);
    expect(await vote('bob', asked)).toMatchObject(ENDED);
  });

  it('votes on what is asked later', async () => {
    const asked = await askedFor();
    expect(await stepUp('bob', asked)).toMatchObject({ body: { why: 'no_passkey' } });
    expect(await vote('bob', asked)).toMatchObject({ body: { vote: 'recorded' } });
  });

  it('has cut nothing any more from what others may leave', async () => {
    const [first, second] = [call(), call()];
    const asked = await askedFor([first, second]);
    expect(await vote('bob', asked, { limits: { authorization_details: [first] } })).toMatchObject({ status: 200 });
    const other = { limits: { authorization_details: [second] } };
    expect(await stepUp('dave', asked, other)).toMatchObject({ body: { code: 'out_of_range' } });
    expect((await kill('bob')).status).toBe(200);
    expect(await stepUp('dave', asked, other)).toMatchObject({ body: { why: 'no_passkey' } });
    expect(await vote('dave', asked, other)).toMatchObject({ body: { vote: 'recorded' } });
  });
});

describe('an operator who has a vote on a request already', () => {
  it.each([
    ['which counts', false],
    ['which a kill switch ended', true],
  ])('%s, denies it as an operator with all that its agent asks', async (_, killed) => {
    const asked = await askedFor();
    expect(await vote('carol', asked)).toMatchObject({ body: { vote: 'recorded' } });
    if (killed) expect((await kill('carol')).status).toBe(200);
    const carol = await stage.person('carol');
    const { body } = await carol.send('POST', '/v1/agents/support-bot/deny-pending', { reason: 'A flood.' });
    expect(body.denied).toBeGreaterThan(0);
    expect((await stage.caller('support-bot').get(`/v1/escalations/${asked.id}`)).body).toMatchObject({
      status: 'denied',
      denial: { code: 'denied_by_operator', reason: 'A flood.' },
    });
  });
});
