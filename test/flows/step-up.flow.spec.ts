import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { refundAsk } from '../harness/agent.js';
import { SoftwareAuthenticator } from '../harness/authenticator.js';
import { addPasskey, signApproval, withPasskey } from '../harness/passkeys.js';
import { created, setStage, type Stage } from '../harness/stage.js';
import { BASE_POLICIES } from '../harness/world.js';

let stage: Stage;

beforeAll(async () => {
  const policies = BASE_POLICIES.replace('@id("refunds")', '@id("refunds") @step_up("webauthn")');
  stage = await setStage(undefined, { policies });
});
afterAll(() => stage.close());

const ask = async () => created(await stage.caller('support-bot').ask(refundAsk()), 202);

describe('an approval that policy wants signed', () => {
  it('is not given by an ordinary session, which cannot add a passkey either', async () => {
    const bob = await stage.person('bob');
    const refused = await bob.decide(await ask(), 'approve');
    expect(refused).toMatchObject({ status: 401, body: { code: 'insufficient_user_authentication' } });
    expect(refused.headers.get('www-authenticate')).toContain('error="insufficient_user_authentication"');
    expect(await addPasskey(bob, new SoftwareAuthenticator(stage.broker.issuer))).toMatchObject({ status: 403 });
  });

  it('counts with the passkey over exactly this decision, and verifies without Writ', async () => {
    const bob = await stage.person('bob');
    const passkey = await withPasskey(stage, 'bob');
    const asked = await ask();
    const unverified = await signApproval(bob, passkey, asked, { misdeeds: { userVerified: false } });
    expect(await bob.decide(asked, 'approve', { step_up: unverified })).toMatchObject({ status: 401 });
    const elsewhere = await signApproval(bob, passkey, asked, { misdeeds: { origin: 'https://evil.example' } });
    expect(await bob.decide(asked, 'approve', { step_up: elsewhere })).toMatchObject({ status: 401 });
    const signed = await signApproval(bob, passkey, asked);
    expect(await bob.decide(asked, 'approve', { step_up: signed, limits: { ttl: 5 } })).toMatchObject({ status: 401 });
    expect(await bob.decide(await ask(), 'approve', { step_up: signed })).toMatchObject({ status: 401 });
    const decided = await bob.decide(asked, 'approve', { step_up: signed });
    expect(decided).toMatchObject({ status: 200, body: { vote: 'settled' } });
    const folder = mkdtempSync(join(tmpdir(), 'writ-approval-'));
    const story = JSON.stringify((decided.body as { escalation: unknown }).escalation);
    const verified = (text: string): string => {
      writeFileSync(join(folder, 'a.json'), text);
      writeFileSync(join(folder, 'k.pem'), passkey.publicPem);
      const args = ['tools/verify-approval.mjs', join(folder, 'a.json'), '--public-key', join(folder, 'k.pem')];
      return execFileSync(process.execPath, args, { stdio: 'pipe' }).toString();
    };
    expect(verified(story)).toContain('verified: bob approved');
    expect(() => verified(story.replaceAll('8812', '8813'))).toThrow('not verified');
    rmSync(folder, { recursive: true });
    const token = await stage.caller('support-bot').redeem(asked.continuation.deferral_code);
    expect(token.status).toBe(200);
  });
});
