import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { refundAsk, type Answer } from '../../harness/actors/agent.js';
import { SoftwareAuthenticator, type Misdeeds } from '../../harness/actors/authenticator.js';
import { brokenInvariants, settledCards } from '../../harness/judges/invariants.js';
import { addPasskey, signApproval, STEP_UP_POLICIES, withPasskey } from '../../harness/actors/passkeys.js';
import type { Person } from '../../harness/actors/person.js';
import { created, setStage, type Stage } from '../../harness/world/stage.js';
import { asSuperuser } from '../../harness/world/superuser.js';

let stage: Stage;
let bob: Person;
let passkey: SoftwareAuthenticator;

beforeAll(async () => {
  stage = await setStage(undefined, { policies: STEP_UP_POLICIES });
  bob = await stage.person('bob');
  passkey = await withPasskey(stage, 'bob');
});
afterAll(async () => {
  await settledCards(stage.world, stage.broker);
  expect(await brokenInvariants(stage.world)).toEqual([]);
});
afterAll(() => stage.close());

let orders = 0;
const ask = async () => created(await stage.caller('support-bot').ask(refundAsk(String((orders += 1)))), 202);
const EXPORT = {
  ...refundAsk(),
  authorization_details: [{ type: 'tool_call', actions: ['ledger.export'], arguments: { period: '2026-10' } }],
};
const statusOf = async (id: string): Promise<string> =>
  (await stage.caller('support-bot').get(`/v1/escalations/${id}`)).body.status as string;
const refusedFor = (why: string): object => ({
  status: 401,
  body: { code: 'insufficient_user_authentication', why },
});

describe('an approval that policy wants signed', () => {
  it('is not given by an ordinary session, which cannot add a passkey either', async () => {
    const carol = await stage.person('carol');
    const asked = await ask();
    const refused = await carol.decide(asked, 'approve');
    expect(refused).toMatchObject(refusedFor('no_signature'));
    expect(refused.headers.get('www-authenticate')).toContain('error="insufficient_user_authentication"');
    expect(await addPasskey(carol, new SoftwareAuthenticator(stage.broker.issuer))).toMatchObject({ status: 403 });
    const body = { verdict: 'approve', digest: asked.digest };
    expect(await carol.send('POST', `/v1/escalations/${asked.id}/step-up`, body)).toMatchObject(
      refusedFor('no_passkey'),
    );
    expect(await statusOf(asked.id)).toBe('pending');
  });

  it('counts with the passkey over exactly this decision, and its token is minted', async () => {
    const asked = await ask();
    const signed = await signApproval(bob, passkey, asked, { limits: { ttl: 60 } });
    const decided = await bob.decide(asked, 'approve', { step_up: signed, limits: { ttl: 60 } });
    expect(decided).toMatchObject({ status: 200, body: { vote: 'settled', escalation: { granted: { ttl: 60 } } } });
    const token = await stage.caller('support-bot').redeem(asked.continuation.deferral_code);
    expect(token.status).toBe(200);
  });

  it('is denied without one', async () => {
    const asked = await ask();
    expect(await bob.decide(asked, 'deny')).toMatchObject({ status: 200, body: { escalation: { status: 'denied' } } });
  });
});

describe('a signature does not count', () => {
  const notCounted = async (answer: Answer, id: string, why: string): Promise<void> => {
    expect(answer).toMatchObject(refusedFor(why));
    expect(await statusOf(id)).toBe('pending');
    const page = await stage.caller('auditor-tool').get(`/v1/audit/events?type=vote.refused&limit=1`);
    expect(page.body.items[0]).toMatchObject({
      escalation: id,
      actor: { kind: 'person', id: 'bob' },
      data: { verdict: 'approve', code: 'insufficient_user_authentication', why },
    });
  };

  it.each<[string, Misdeeds]>([
    ['when the authenticator did not verify who used it', { userVerified: false }],
    ['made on a page of another site', { origin: 'https://evil.example' }],
    ['made for another RP ID', { rpId: 'evil.example' }],
    ['made inside a frame of another site', { crossOrigin: true }],
    ['over another challenge', { challenge: 'A'.repeat(43) }],
    ['by the account of another user handle', { userHandle: Buffer.alloc(32).toString('base64url') }],
  ])('%s', async (_what, misdeeds) => {
    const asked = await ask();
    const signed = await signApproval(bob, passkey, asked, { misdeeds });
    await notCounted(await bob.decide(asked, 'approve', { step_up: signed }), asked.id, 'not_verified');
  });

  it('over other limits than those that are sent', async () => {
    const asked = await ask();
    const signed = await signApproval(bob, passkey, asked);
    const answer = await bob.decide(asked, 'approve', { step_up: signed, limits: { ttl: 5 } });
    await notCounted(answer, asked.id, 'not_verified');
  });

  it('over another request', async () => {
    const signed = await signApproval(bob, passkey, await ask());
    const other = await ask();
    await notCounted(await bob.decide(other, 'approve', { step_up: signed }), other.id, 'not_verified');
  });

  it('under somebody else’s passkey, though that person would sign', async () => {
    const asked = await ask();
    const carols = await withPasskey(stage, 'carol');
    const signed = await signApproval(bob, carols, asked);
    await notCounted(await bob.decide(asked, 'approve', { step_up: signed }), asked.id, 'passkey');
    const forCarol = await signApproval(await stage.person('carol'), carols, asked);
    await notCounted(await bob.decide(asked, 'approve', { step_up: forCarol }), asked.id, 'passkey');
  });

  it('a second time: its nonce is used up, even where the vote is no longer there', async () => {
    const asked = created(await stage.caller('support-bot').ask(EXPORT), 202);
    const signed = await signApproval(bob, passkey, asked);
    expect((await bob.decide(asked, 'approve', { step_up: signed })).body).toMatchObject({ vote: 'recorded' });
    // What a backup of the votes alone would leave behind.
    await asSuperuser(stage.world, `delete from "votes" where "escalation_id" = $1`, [asked.id]);
    await notCounted(await bob.decide(asked, 'approve', { step_up: signed }), asked.id, 'nonce');
    const anew = await signApproval(bob, passkey, asked);
    expect(await bob.decide(asked, 'approve', { step_up: anew })).toMatchObject({ status: 200 });
  });

  it('with a nonce that nobody was given, or whose two minutes are over', async () => {
    const asked = await ask();
    const signed = await signApproval(bob, passkey, asked);
    await asSuperuser(
      stage.world,
      `update "webauthn_challenges" set "expires_at" = clock_timestamp() where "bound" ->> 'escalation' = $1`,
      [asked.id],
    );
    await notCounted(await bob.decide(asked, 'approve', { step_up: signed }), asked.id, 'nonce');
    const forged = { ...signed, nonce: 'B'.repeat(43) };
    await notCounted(await bob.decide(asked, 'approve', { step_up: forged }), asked.id, 'not_verified');
  });

  it('when the authenticator’s counter went back, as that of a copy does', async () => {
    const counting = await withPasskey(stage, 'bob', 5);
    const copy = counting.copy();
    const first = await ask();
    const signed = await signApproval(bob, counting, first);
    expect(await bob.decide(first, 'approve', { step_up: signed })).toMatchObject({ status: 200 });
    const asked = await ask();
    const copied = await signApproval(bob, copy, asked);
    const refused = await bob.decide(asked, 'approve', { step_up: copied });
    await notCounted(refused, asked.id, 'passkey');
    expect(refused.body.detail).toContain('counter went back: possibly copied');
    const events = await stage.caller('auditor-tool').get(`/v1/audit/events?type=vote.refused&escalation=${asked.id}`);
    expect(events.body.items[0].data).toMatchObject({ why: 'passkey', cause: 'counter went back: possibly copied' });
    const next = await signApproval(bob, counting, asked);
    expect(await bob.decide(asked, 'approve', { step_up: next })).toMatchObject({ status: 200 });
  });

  it('once its passkey was removed, though it was signed before', async () => {
    const lost = await withPasskey(stage, 'bob');
    const asked = await ask();
    const signed = await signApproval(bob, lost, asked);
    expect(await bob.send('DELETE', `/v1/passkeys/${lost.id}`)).toMatchObject({ status: 204 });
    await notCounted(await bob.decide(asked, 'approve', { step_up: signed }), asked.id, 'passkey');
  });
});
