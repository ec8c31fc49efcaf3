import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { refundAsk } from '../../harness/actors/agent.js';
import { applyConfig } from '../../harness/world/apply.js';
import type { Card } from '../../harness/actors/person.js';
import { created, setStage, type Stage } from '../../harness/world/stage.js';
import { until } from '../../harness/judges/until.js';
import { BASE_POLICIES, type Config } from '../../harness/world/world.js';

interface Asked {
  readonly id: string;
  readonly digest: string;
  readonly code: string;
  readonly card: Card;
}

/** The same rule in other words: other people decide, for less. */
const EDITED = BASE_POLICIES.replace('@approvers("oncall") @max_ttl("200")', '@approvers("security") @max_ttl("50")');

/** Collecting under rules that have become stricter since is a matter of its own: test/flows/policy-change. */
const lenient = (config: Config): void => void Object.assign(config.limits, { on_policy_change: 'off' });

let stage: Stage;

beforeAll(async () => {
  stage = await setStage(lenient, { roles: 'api,slack,worker' });
});
afterAll(() => stage.close());

async function ask(order: string, headers: Record<string, string> = {}): Promise<Asked> {
  const answer = await stage.caller('support-bot').ask(refundAsk(order), headers);
  const { id, digest, continuation } = created(answer, 202);
  return { id, digest, code: continuation.deferral_code, card: await stage.slack.card(id) };
}

const blocksOf = async ({ id }: Asked): Promise<string> => JSON.stringify((await stage.slack.cardsOf(id))[0]?.blocks);
const read = async ({ id }: Asked) => (await stage.caller('support-bot').get(`/v1/escalations/${id}`)).body;
const click = ({ card }: Asked, user = 'U0002'): Promise<unknown> => stage.slack.click(user, card.ts, 'writ_approve');
const approved = (asked: Asked): Promise<unknown> =>
  until('it is approved', async () => (await read(asked)).status === 'approved');

/** What the token says that a click on this card brought about. */
async function tokenOf(asked: Asked): Promise<Record<string, unknown>> {
  const { body } = await stage.caller('support-bot').redeem(asked.code);
  const [, payload = ''] = String(body.access_token).split('.');
  return JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>;
}

describe('a card approves what it shows, and nothing else', () => {
  it('when the agent asks again under the same key for something else', async () => {
    const asked = await ask('8812', { 'idempotency-key': 'twice' });
    const shown = await blocksOf(asked);
    const again = await stage.caller('support-bot').ask(refundAsk('9999'), { 'idempotency-key': 'twice' });
    expect(again).toMatchObject({ status: 422, body: { code: 'idempotency_mismatch' } });
    expect(await read(asked)).toMatchObject({ status: 'pending', digest: asked.digest });
    expect(await blocksOf(asked)).toBe(shown);
    await click(asked);
    await approved(asked);
    const details = [
      {
        type: 'tool_call',
        actions: ['refund.create'],
        identifier: 'order/8812',
        arguments: { order: '8812', amount: 4000 },
      },
    ];
    expect(await tokenOf(asked)).toMatchObject({ digest: asked.digest, txn: asked.id, authorization_details: details });
  });

  it('when the policies are edited after it was posted: it is decided under those it names', async () => {
    const [old, other] = [await ask('1'), await ask('2')];
    expect(await blocksOf(old)).not.toContain('9 of');
    await applyConfig(stage.world, lenient, EDITED);
    const anew = await ask('1');
    expect(anew.digest).not.toBe(old.digest);
    expect((await read(old)).digest).toBe(old.digest);

    // bob is asked by the old rule alone, dave by the new one alone.
    await click(anew, 'U0002');
    await click(old, 'U0004');
    await click(old, 'U0002');
    await approved(old);
    expect(await read(old)).toMatchObject({ granted: { ttl: 200 } });
    expect(await tokenOf(old)).toMatchObject({ digest: old.digest, txn: old.id });
    expect((await read(anew)).status).toBe('pending');
    expect((await read(other)).status).toBe('pending');
    await click(anew, 'U0004');
    await approved(anew);
    expect(await read(anew)).toMatchObject({ granted: { ttl: 50 } });
  });

  it('when the group that it asks is gone: nobody can decide, and it lapses in its time', async () => {
    await applyConfig(stage.world, lenient, BASE_POLICIES);
    const asked = await ask('3');
    const without = EDITED.replaceAll('@approvers("oncall")', '@approvers("security")').replaceAll('@quorum("2")', '');
    await applyConfig(
      stage.world,
      (config) => void (config.groups = config.groups.filter((group) => group['id'] !== 'oncall')),
      without,
    );
    const told = async (): Promise<number> =>
      (await stage.slack.messages()).filter((message) => /not in a group that this request asks/.test(message.text))
        .length;
    for (const [index, user] of ['U0002', 'U0004'].entries()) {
      await click(asked, user);
      await until(`${user} is told`, async () => (await told()) >= 2 + index);
    }
    expect((await read(asked)).status).toBe('pending');
  });
});
