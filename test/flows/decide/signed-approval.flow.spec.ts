import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { refundAsk } from '../../harness/actors/agent.js';
import { type SoftwareAuthenticator } from '../../harness/actors/authenticator.js';
import { signApproval, STEP_UP_POLICIES, withPasskey } from '../../harness/actors/passkeys.js';
import { created, setStage, type Stage } from '../../harness/world/stage.js';
import { asSuperuser } from '../../harness/world/superuser.js';

let stage: Stage;
let bobs: SoftwareAuthenticator;
let carols: SoftwareAuthenticator;

beforeAll(async () => {
  stage = await setStage(undefined, { policies: STEP_UP_POLICIES });
  [bobs, carols] = [await withPasskey(stage, 'bob'), await withPasskey(stage, 'carol')];
});
afterAll(() => stage.close());

const ask = async () => created(await stage.caller('support-bot').ask(refundAsk('8812')), 202);
type Asked = Awaited<ReturnType<typeof ask>>;

const approve = async (who: 'bob' | 'carol', asked: Asked) => {
  const person = await stage.person(who);
  const signed = await signApproval(person, who === 'bob' ? bobs : carols, asked);
  return person.decide(asked, 'approve', { step_up: signed });
};

/** What a superuser of the database may do to the signature beside bob's vote. */
const EDITS: readonly [string, string][] = [
  ['taken off', `update "votes" set "step_up" = null where "escalation_id" = $1 and "person_id" = 'bob'`],
  [
    'replaced by that of another request',
    `update "votes" v set "step_up" = (select o."step_up" from "votes" o where o."escalation_id" <> $1 and o."step_up" is not null limit 1)
     where v."escalation_id" = $1 and v."person_id" = 'bob'`,
  ],
  [
    'given other limits',
    `update "votes" set "step_up" = jsonb_set("step_up", '{statement,limits}', '{"ttl": 9}') where "escalation_id" = $1 and "person_id" = 'bob'`,
  ],
];

describe('a signature in the database', () => {
  beforeAll(async () => expect(await approve('bob', await ask())).toMatchObject({ status: 200 }));

  it.each(EDITS)('that was %s counts no more when the next vote settles', async (_what, edit) => {
    const exported = created(
      await stage.caller('support-bot').ask({
        ...refundAsk(),
        authorization_details: [{ type: 'tool_call', actions: ['ledger.export'], arguments: { period: '2026-10' } }],
      }),
      202,
    );
    expect((await approve('bob', exported)).body).toMatchObject({ vote: 'recorded' });
    await asSuperuser(stage.world, edit, [exported.id]);
    expect((await approve('carol', exported)).body).toMatchObject({ vote: 'recorded' });
    const { body } = await stage.caller('support-bot').get(`/v1/escalations/${exported.id}`);
    expect(body).toMatchObject({ status: 'pending' });
  });

  it.each(EDITS)('that was %s brings no token, though the approval stood', async (_what, edit) => {
    const asked = await ask();
    expect((await approve('bob', asked)).body).toMatchObject({ vote: 'settled' });
    await asSuperuser(stage.world, edit, [asked.id]);
    const refused = await stage.caller('support-bot').redeem(asked.continuation.deferral_code);
    expect(refused).toMatchObject({ status: 400, body: { error: 'access_denied' } });
    expect(refused.body.access_token).toBeUndefined();
  });
});

describe('the verifier outside of Writ', () => {
  let folder: string;
  let story: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'writ-approval-'));
    story = JSON.stringify(((await approve('bob', await ask())).body as { escalation: unknown }).escalation);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const verified = (text: string, ...args: string[]): string => {
    writeFileSync(join(folder, 'approval.json'), text);
    const all = ['tools/verify-approval.mjs', join(folder, 'approval.json'), ...args];
    return execFileSync(process.execPath, all, { stdio: 'pipe' }).toString();
  };
  const underKey = (pem: string, text = story): string => {
    writeFileSync(join(folder, 'key.pem'), pem);
    return verified(text, '--public-key', join(folder, 'key.pem'));
  };
  /** The last byte of a PEM's key flipped: another point, or none. */
  const flipped = (pem: string): string => {
    const body = Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64');
    body[body.length - 1] = (body.at(-1) ?? 0) ^ 1;
    return `-----BEGIN PUBLIC KEY-----\n${body.toString('base64')}\n-----END PUBLIC KEY-----\n`;
  };

  it('finds it good under the person’s key, under the key kept with the vote, and on this origin', () => {
    expect(underKey(bobs.publicPem)).toContain('verified: bob approved');
    expect(verified(story, '--origin', stage.broker.issuer)).toContain(`on ${stage.broker.issuer}`);
  });

  it('does not under another key, or with a byte of the key flipped', () => {
    expect(() => underKey(carols.publicPem)).toThrow('not verified');
    expect(() => underKey(flipped(bobs.publicPem))).toThrow('not verified');
  });

  it('does not on another origin', () => {
    expect(() => verified(story, '--origin', 'https://evil.example')).toThrow('not verified');
  });

  it.each<[string, (escalation: Escalation) => void]>([
    ['the order', ({ request }) => (request.authorization_details[0]!.identifier = 'order/8813')],
    ['the task', ({ request }) => (request.task.id = 'run-78')],
    ['the digest', (escalation) => (escalation.digest = escalation.digest.replace(/.$/, flip))],
    ['the person of the vote', ({ votes }) => (votes[0]!.person = 'carol')],
    ['the limits of the vote', ({ votes }) => (votes[0]!.limits = { ttl: 9 })],
    ['the nonce', ({ votes }) => (votes[0]!.step_up.statement.nonce = 'A'.repeat(43))],
    ['the key kept with the vote', ({ votes }) => edit(votes[0]!.step_up.public_key, 'x')],
    ['the signature', ({ votes }) => edit(votes[0]!.step_up, 'signature')],
    ['what the authenticator said', ({ votes }) => edit(votes[0]!.step_up, 'authenticator_data')],
    ['what the browser said', ({ votes }) => edit(votes[0]!.step_up, 'client_data_json')],
  ])('does not with %s changed', (_what, change) => {
    const escalation = JSON.parse(story) as Escalation;
    change(escalation);
    expect(() => verified(JSON.stringify(escalation))).toThrow('not verified');
  });
});

/** As much of the answer as is tampered with. */
interface Escalation {
  digest: string;
  request: { authorization_details: { identifier: string }[]; task: { id: string } };
  votes: {
    person: string;
    limits: unknown;
    step_up: Record<string, string> & { statement: { nonce: string }; public_key: Record<string, string> };
  }[];
}

const flip = (character: string): string => (character === '0' ? '1' : '0');

/** One bit of the first byte of a base64url member, the other way. */
function edit(of: Record<string, unknown>, name: string): void {
  const bytes = Buffer.from(String(of[name]), 'base64url');
  bytes[0] = (bytes[0] ?? 0) ^ 1;
  of[name] = bytes.toString('base64url');
}
