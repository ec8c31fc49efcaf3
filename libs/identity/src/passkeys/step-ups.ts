import { Inject, Injectable } from '@nestjs/common';
import type { PublicKeyCredentialRequestOptionsJSON } from '@simplewebauthn/server';
import { decisionChallenge, type DecisionStatement, type SignedApproval } from '#domain/approval/signed-approval.js';
import type { AuthorityLimits } from '#domain/authority/authorization-details.js';
import { LIMITS } from '#domain/limits.js';
import { isRefusal, refuse, type Refusal } from '#domain/refusal.js';
import { ApproverLimits } from '#escalations/decide/approver-limits.js';
import { resourceOf } from '#escalations/judge/check-catalog.js';
import { voteRefusal } from '#escalations/decide/vote-refusal.js';
import { isRepeated, whyNotVote } from '#escalations/why-not-vote.js';
import { Passkeys } from '#escalations/people/passkeys.js';
import { ISSUER, Store } from '#escalations/ports.js';
import type { VerifiedApproval } from '#escalations/decide/signed-vote.js';
import { coseToJwk } from './cose-key.js';
import { hashCode } from '../people/sessions.js';
import { RANDOM_BYTES, type RandomBytes } from '../ports.js';
import { readAssertion, relyingPartyOf, verifyAssertion, type RelyingParty } from './webauthn.js';
import { webAuthn } from './webauthn-library.js';

const NONCE_BYTES = 32;
const NONCE = /^[A-Za-z0-9_-]{43}$/;

/** An approval that is about to be signed: what was shown, and what the approver cuts from it. */
export interface Approval {
  readonly escalation: string;
  readonly person: string;
  readonly digest: string;
  readonly limits: AuthorityLimits | null;
}

export interface StepUp {
  readonly nonce: string;
  /** Epoch milliseconds of the database clock. */
  readonly expiresAt: number;
  readonly options: PublicKeyCredentialRequestOptionsJSON;
}

/**
 * Approvals signed by a passkey. The challenge is made of the decision itself, so that the signature is over exactly what
 * is decided (docs/adr/0014); a nonce makes it good once.
 */
@Injectable()
export class StepUps {
  private readonly party: RelyingParty;

  constructor(
    private readonly passkeys: Passkeys,
    @Inject(Store) private readonly store: Pick<Store, 'read'>,
    private readonly cuts: ApproverLimits,
    @Inject(RANDOM_BYTES) private readonly random: RandomBytes,
    @Inject(ISSUER) issuer: string,
  ) {
    this.party = relyingPartyOf(issuer);
  }

  /**
   * What the person's authenticator is to sign, good once within two minutes. Refuses what the decision itself would
   * refuse, and `insufficient_user_authentication` to a person who has no passkey.
   */
  async begin(approval: Approval): Promise<StepUp | Refusal> {
    const refusal = await this.judge(approval);
    if (refusal !== null) return refusal;
    const passkeys = await this.passkeys.of(approval.person);
    if (passkeys.length === 0)
      return wanting('no_passkey', 'You have no passkey yet. Add one in the console, under your account.');
    const nonce = Buffer.from(this.random(NONCE_BYTES)).toString('base64url');
    const statement = statementOf(approval, nonce);
    const { nonce: _nonce, ...bound } = statement;
    const { person } = approval;
    const lifeSeconds = LIMITS.stepUpSeconds;
    const expiresAt = await this.passkeys.keep({
      hash: hashCode(nonce),
      purpose: 'approve',
      person,
      bound,
      lifeSeconds,
    });
    const { generateAuthenticationOptions } = await webAuthn();
    const options = await generateAuthenticationOptions({
      rpID: this.party.id,
      challenge: new Uint8Array(Buffer.from(decisionChallenge(statement), 'base64url')),
      allowCredentials: passkeys.map(({ id, transports }) => ({ id, transports: [...transports] })),
      userVerification: 'required',
      timeout: LIMITS.stepUpSeconds * 1_000,
    });
    return { nonce, expiresAt, options };
  }

  /**
   * Verifies the signature over an approval, without a network and outside any transaction; the nonce is used up with the
   * vote. Refuses `invalid_request` for what is no credential, `insufficient_user_authentication` for everything else.
   */
  async verify(approval: Approval, nonce: string, credential: unknown): Promise<VerifiedApproval | Refusal> {
    if (!NONCE.test(nonce))
      return refuse('invalid_request', 'The nonce is not one that was given.', {
        errors: [{ pointer: '/step_up/nonce', rule: 'must be the nonce of step-up' }],
      });
    const assertion = readAssertion(credential, '/step_up/credential');
    if (isRefusal(assertion)) return assertion;
    const passkey = await this.passkeys.find(assertion.id);
    if (passkey === null || passkey.person !== approval.person)
      return wanting('passkey', 'This passkey is not registered for you.');
    const statement = statementOf(approval, nonce);
    const counter = await verifyAssertion(this.party, assertion, decisionChallenge(statement), passkey);
    const publicKey = await coseToJwk(passkey.publicKey);
    if (counter === null || publicKey === null)
      return wanting('not_verified', 'Your passkey did not sign this decision, or did not verify you.');
    const { authenticatorData, clientDataJSON, signature } = assertion.response;
    const signed: SignedApproval = {
      statement,
      credential_id: passkey.id,
      public_key: publicKey,
      authenticator_data: authenticatorData,
      client_data_json: clientDataJSON,
      signature,
    };
    return { signed, nonceHash: hashCode(nonce), counter };
  }

  private async judge({ escalation: id, person, digest, limits }: Approval): Promise<Refusal | null> {
    const found = await this.store.read.escalations.byId(id);
    if (found === null) return refuse('not_found', 'There is no such escalation.');
    const { escalation, now } = found;
    const [voter, votes] = await Promise.all([this.store.read.people.byId(person), this.store.read.votes.of(id)]);
    const why = whyNotVote(escalation, voter, votes, digest, now);
    // What the decision would answer as it did before is not refused here either.
    if (why !== null && !(why.code === 'already_voted' && isRepeated(why, 'approve'))) return voteRefusal(why);
    if (limits === null) return null;
    const { catalog } = await this.cuts.registry.current();
    const resource = resourceOf(catalog, escalation.resource, escalation.request.authorization_details);
    if (resource === null)
      return refuse('already_decided', 'What this request asks for has left the configuration.', {
        facts: { status: 'cancelled' },
      });
    return this.cuts.judge(escalation, resource, limits, votes);
  }
}

function statementOf({ escalation, digest, limits, person }: Approval, nonce: string): DecisionStatement {
  return { v: 1, escalation, digest, verdict: 'approve', limits, person, nonce };
}

function wanting(why: string, detail: string): Refusal {
  return refuse('insufficient_user_authentication', detail, { facts: { why } });
}
