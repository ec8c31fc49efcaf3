import type { PersonIdentity } from '#domain/approval/eligibility.js';
import { requestDigest } from '#domain/authority/digest.js';
import type { Passkey } from './people/passkeys.js';
import type { AppliedConfiguration } from './judge/configuration-store.js';
import type { Seals } from './ports.js';
import type { EscalationRow } from './rows/escalation.js';
import type { GrantRow } from './rows/grant.js';
import type { Actor } from './rows/history.js';
import type { NewVote } from './decide/votes.js';
import type { SlackLink } from './people/slack-links.js';
import type { StoredAnswer } from './ask/stored-answer.js';
import type { NewUse } from './use/use-rows.js';

/** What the MAC of a policy outcome covers: the decision, the digest of the request it was made for, and who may not judge it. */
export function policyContent(
  row: Pick<EscalationRow, 'id' | 'agentUid' | 'ownerId' | 'digest' | 'policy' | 'parents'>,
): unknown {
  return {
    escalation: row.id,
    agent_uid: row.agentUid,
    owner: row.ownerId,
    digest: row.digest,
    policy: row.policy,
    ...parentsPart(row),
  };
}

/** Left out where there are none: taking them off breaks the seal too. */
function parentsPart({ parents }: Pick<EscalationRow, 'parents'>): { parents?: readonly string[] } {
  return parents === null ? {} : { parents };
}

/** True when the stored request is still the one whose digest was shown, voted on and sealed. */
export function requestSound(row: EscalationRow): boolean {
  return requestDigest(row.id, row.agentId, row.request, row.policyVersion) === row.digest;
}

export function voteContent(vote: Omit<NewVote, 'mac'>): unknown {
  return {
    id: vote.id,
    escalation: vote.escalationId,
    person: vote.person,
    verdict: vote.verdict,
    digest: vote.digest,
    limits: vote.limits,
    reason: vote.reason,
    via: vote.via,
    ...(vote.personUid === null ? {} : { person_uid: vote.personUid }),
    // Left out where there is none, as in votes from before signatures: nobody can take one off without the seal breaking.
    ...(vote.stepUp === null ? {} : { step_up: vote.stepUp }),
  };
}

/** True when a grant is the one that was approved: its seal matches, and so does the column that repeats what it covers. */
export function grantSound(
  seals: Pick<Seals, 'sound'>,
  grant: Parameters<typeof grantContent>[0] & Pick<GrantRow, 'maxUses' | 'mac'>,
): boolean {
  return seals.sound('grant', grant.id, grantContent(grant), grant.mac) && grant.maxUses === grant.granted.max_uses;
}

/** True when a grant and all those above it are the ones that were approved. */
export function chainSound(seals: Pick<Seals, 'sound'>, grant: GrantRow): boolean {
  return [grant, ...grant.ancestors].every((one) => grantSound(seals, one));
}

/** What the seal of a use covers: who asked what under which token, and what the answer was. */
export function useContent(use: Omit<NewUse, 'mac'>): unknown {
  return {
    jti: use.jti,
    grant: use.grantId,
    verifier: use.verifier,
    call_id: use.callId,
    call: use.callHash,
    action: use.action,
    identifier: use.identifier,
    answer: use.answer,
  };
}

/** What the seal of an answer covers that is kept for whoever repeats the call. */
export function answerContent(
  call: { readonly caller: string; readonly route: string; readonly key: string },
  answer: Omit<StoredAnswer, 'mac'>,
): unknown {
  return {
    caller: call.caller,
    route: call.route,
    key: call.key,
    body: answer.bodyHash,
    status: answer.status,
    response: answer.response,
    escalation: answer.escalationId,
  };
}

export function grantContent(
  grant: Pick<
    GrantRow,
    | 'id'
    | 'escalationId'
    | 'agentUid'
    | 'resource'
    | 'digest'
    | 'granted'
    | 'grantDigest'
    | 'readyUntil'
    | 'heartbeatSeconds'
    | 'parents'
  >,
): unknown {
  return {
    id: grant.id,
    escalation: grant.escalationId,
    agent_uid: grant.agentUid,
    resource: grant.resource,
    digest: grant.digest,
    granted: grant.granted,
    grant_digest: grant.grantDigest,
    ready_until: grant.readyUntil,
    // Left out where there is none, as in grants from before heartbeats: taking one off breaks the seal too.
    ...(grant.heartbeatSeconds === null ? {} : { heartbeat: grant.heartbeatSeconds }),
    ...parentsPart(grant),
  };
}

/** What the seal of an applied configuration covers: all of it, with its number, so that no earlier one can be put last. */
export function configurationContent(
  applied: AppliedConfiguration & { readonly policyVersion: string; readonly appliedBy: string },
): unknown {
  return {
    seq: applied.seq,
    sha256: applied.sha256,
    catalog: applied.catalog,
    policies: applied.policies,
    policy_version: applied.policyVersion,
    applied_by: applied.appliedBy,
    people: applied.people,
  };
}

/** What the second seal of an applied configuration covers: when it was applied, in epoch milliseconds. */
export function appliedContent(
  { seq, sha256 }: Pick<AppliedConfiguration, 'seq' | 'sha256'>,
  appliedAt: number,
): unknown {
  return { seq, sha256, applied_at: Math.round(appliedAt) };
}

/** Instants are epoch milliseconds. */
export function passkeyContent(
  passkey: Pick<Passkey, 'id' | 'person' | 'name' | 'publicKey' | 'createdAt'>,
  { uid }: Pick<PersonIdentity, 'uid'>,
): unknown {
  return {
    id: passkey.id,
    person: passkey.person,
    person_uid: uid,
    name: passkey.name,
    public_key: Buffer.from(passkey.publicKey).toString('base64url'),
    created_at: Math.floor(passkey.createdAt),
  };
}

export function slackLinkContent(link: SlackLink, { uid }: Pick<PersonIdentity, 'uid'>): unknown {
  const { id, team, user, person, boundAt } = link;
  return { id, team, user, person, person_uid: uid, bound_at: Math.floor(boundAt) };
}

/** What a session is for, without what ends it. */
export function sessionContent(session: {
  readonly tokenHash: string;
  readonly id: string;
  readonly person: string;
  readonly personUid: string | null;
  readonly signedInBy: string;
  readonly fresh: boolean;
  readonly openedAt: number;
  readonly expiresAt: number;
}): unknown {
  return {
    token_hash: session.tokenHash,
    id: session.id,
    person: session.person,
    person_uid: session.personUid,
    signed_in_by: session.signedInBy,
    fresh: session.fresh,
    opened_at: session.openedAt,
    expires_at: session.expiresAt,
  };
}

export function loginCodeContent(code: {
  readonly codeHash: string;
  readonly person: string;
  readonly personUid: string | null;
  readonly opens: string;
  readonly expiresAt: number;
}): unknown {
  return {
    code_hash: code.codeHash,
    person: code.person,
    person_uid: code.personUid,
    opens: code.opens,
    expires_at: code.expiresAt,
  };
}

/** That an agent was suspended (or retired, which nobody answers) or resumed. Instants are microseconds, as digits. */
export interface SuspensionRecord {
  readonly id: string;
  readonly agentUid: string;
  readonly change: 'suspended' | 'resumed';
  /** The newest suspension that a resumption answers, and with it all before; `null` for a suspension. */
  readonly answers: string | null;
  readonly at: string;
  readonly actor: Actor;
  readonly reason: string | null;
}

/** The id is covered, so that no copy of a resumption answers a later suspension. */
export function suspensionContent({ agentUid, ...record }: SuspensionRecord): unknown {
  return { ...record, agent_uid: agentUid };
}

/** True while a sound suspension waits for an answer. @param records of one agent, each with a right seal */
export function isSuspended(records: readonly SuspensionRecord[]): boolean {
  const answered = records.reduce(
    (most, { answers }) => (answers !== null && BigInt(answers) > most ? BigInt(answers) : most),
    0n,
  );
  return records.some(({ change, id }) => change === 'suspended' && BigInt(id) > answered);
}

/** That a task, or what a person approved, was ended. */
export interface StopOrder {
  readonly id: string;
  readonly kind: 'task' | 'approver';
  readonly subject: string;
  readonly notBefore: string;
}

export function killContent({ notBefore, ...record }: StopOrder): unknown {
  return { ...record, not_before: notBefore };
}

/** What a person said of a restore, or of a use of break-glass. */
export interface ReviewRecord {
  readonly id: string;
  readonly kind: 'restore' | 'break_glass';
  readonly subject: string;
  readonly at: string;
  readonly by: string;
  readonly verdict: 'keep' | 'end' | null;
  readonly note: string | null;
}

export function reviewContent(record: ReviewRecord): unknown {
  return { ...record };
}
