import { Inject, Injectable } from '@nestjs/common';
import type { PublicKeyCredentialCreationOptionsJSON } from '@simplewebauthn/server';
import { LIMITS } from '#domain/limits.js';
import { isRefusal, refuse, type Refusal } from '#domain/refusal.js';
import { Passkeys, type Passkey } from '#escalations/people/passkeys.js';
import { ISSUER, Store } from '#escalations/ports.js';
import { PASSKEY_ALGORITHMS } from './cose-key.js';
import { RANDOM_BYTES, type RandomBytes, type Session } from '../ports.js';
import { hashCode } from '../people/sessions.js';
import {
  challengeIn,
  readAttestation,
  relyingPartyOf,
  userHandleOf,
  verifyEnrolment,
  type RelyingParty,
} from './webauthn.js';
import { webAuthn } from './webauthn-library.js';

const CHALLENGE_BYTES = 32;

/**
 * How a person gets a passkey: in a session that somebody stronger than a login code vouches for, which is their OpenID
 * provider a moment ago, or an operator's enrolment link.
 */
@Injectable()
export class PasskeyEnrolment {
  private readonly party: RelyingParty;

  constructor(
    private readonly passkeys: Passkeys,
    private readonly store: Store,
    @Inject(RANDOM_BYTES) private readonly random: RandomBytes,
    @Inject(ISSUER) issuer: string,
  ) {
    this.party = relyingPartyOf(issuer);
  }

  /** Creation options for the browser, good once within ten minutes. Refuses `forbidden` to a session that may not enrol. */
  async begin(session: Session): Promise<PublicKeyCredentialCreationOptionsJSON | Refusal> {
    const refusal = mayEnrol(session, await this.store.read.now());
    if (refusal !== null) return refusal;
    const { person } = session;
    const challenge = Buffer.from(this.random(CHALLENGE_BYTES));
    const hash = hashCode(challenge.toString('base64url'));
    const lifeSeconds = LIMITS.enrolmentSeconds;
    await this.passkeys.keep({ hash, purpose: 'enrol', person, bound: null, lifeSeconds });
    const known = await this.passkeys.of(person);
    const { generateRegistrationOptions } = await webAuthn();
    return generateRegistrationOptions({
      rpName: 'Writ',
      rpID: this.party.id,
      userName: person,
      userID: new Uint8Array(userHandleOf(person)),
      challenge: new Uint8Array(challenge),
      attestationType: 'none',
      excludeCredentials: known.map(({ id, transports }) => ({ id, transports: [...transports] })),
      authenticatorSelection: { residentKey: 'preferred', userVerification: 'required' },
      supportedAlgorithmIDs: PASSKEY_ALGORITHMS,
      timeout: LIMITS.stepUpSeconds * 1_000,
    });
  }

  /**
   * Registers what the browser made. Refuses `forbidden` as above, `invalid_request` for a credential that is not the
   * answer to a challenge of this person's, and `too_large` beyond twenty passkeys.
   */
  async finish(session: Session, name: string, credential: unknown): Promise<Passkey | Refusal> {
    const now = await this.store.read.now();
    const refusal = mayEnrol(session, now);
    if (refusal !== null) return refusal;
    const attestation = readAttestation(credential, '/credential');
    if (isRefusal(attestation)) return attestation;
    const challenge = challengeIn(attestation.response.clientDataJSON) ?? '';
    const made = await verifyEnrolment(this.party, attestation, challenge);
    if (made === null) return NOT_VERIFIED;
    const { person } = session;
    const { transports = [] } = attestation.response;
    const passkey = { ...made, person, name, transports, createdAt: now };
    return this.store.run(async (tx) => {
      if (!(await tx.passkeys.redeem({ hash: hashCode(challenge), purpose: 'enrol', person, escalation: null })))
        return NOT_VERIFIED;
      if ((await tx.passkeys.count(person)) >= LIMITS.passkeysPerPersonMax)
        return refuse('too_large', `At most ${LIMITS.passkeysPerPersonMax} passkeys; remove one first.`);
      if (!(await tx.passkeys.insert(passkey))) return NOT_VERIFIED;
      const data = { credential: passkey.id, name, signed_in_by: session.signedInBy };
      await tx.journal.record([{ type: 'passkey.added', actor: { kind: 'person', id: person }, data }], now);
      return { ...passkey, lastUsedAt: null };
    });
  }

  /** Takes a passkey away from its person; what it signed stays valid. Refuses `not_found` for anybody else's. */
  async remove(person: string, id: string): Promise<null | Refusal> {
    const now = await this.store.read.now();
    return this.store.run(async (tx) => {
      const name = await tx.passkeys.remove(id, person, now);
      if (name === null) return refuse('not_found', 'You have no such passkey.');
      const data = { credential: id, name };
      await tx.journal.record([{ type: 'passkey.removed', actor: { kind: 'person', id: person }, data }], now);
      return null;
    });
  }
}

const NOT_VERIFIED = refuse('invalid_request', 'This is not a passkey that was asked for here.', {
  errors: [{ pointer: '/credential', rule: 'must answer the options that you were given, with you verified' }],
});

/** Null when this session may add a passkey at `now` (epoch milliseconds). A login code alone never suffices. */
function mayEnrol({ signedInBy, fresh, openedAt }: Session, now: number): Refusal | null {
  const oidc = fresh ? LIMITS.freshSignInSeconds : 0;
  const seconds = { oidc, enrolment: LIMITS.enrolmentSeconds, code: 0 }[signedInBy];
  if (now - openedAt.getTime() < seconds * 1_000) return null;
  return refuse('forbidden', `${whyNot(signedInBy, fresh)} ${WAYS}`);
}

const WAYS =
  'Adding a passkey needs a fresh sign-in with your organisation (/auth/login?fresh=1), or an enrolment link from an operator.';

function whyNot(signedInBy: Session['signedInBy'], fresh: boolean): string {
  if (signedInBy === 'code') return 'You signed in with a one-time code, which does not show who you are.';
  if (signedInBy === 'enrolment') return 'Your enrolment link was for ten minutes, which are over.';
  return fresh
    ? 'Your sign-in is more than five minutes old.'
    : 'Your organisation’s sign-in did not say that it asked you anew (auth_time); if you asked for that, it cannot.';
}
