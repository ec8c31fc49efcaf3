import { Injectable } from '@nestjs/common';
import { whyNotEligible } from '#domain/approval/clock.js';
import { isOf } from '#domain/approval/eligibility.js';
import { resolve } from '#domain/approval/quorum.js';
import { approveIn } from '#domain/approval/signed-approval.js';
import type { AuthorityLimits } from '#domain/authority/authorization-details.js';
import { grantDigest } from '#domain/authority/digest.js';
import type { CatalogResource } from '#domain/catalog.js';
import { refuse, type Refusal } from '#domain/refusal.js';
import { ApproverLimits, limitsOf } from './approver-limits.js';
import type { Before } from '../watch/context/before.js';
import { resourceOf } from '../judge/check-catalog.js';
import { denyLate, judgeAgain, type Registries } from '../judge/judge-again.js';
import { Ids, Reader, Seals, UnitOfWork, type Transaction } from '../ports.js';
import { voteRecorded, voteRefused } from './vote-entries.js';
import { cancelAsRetired } from '../end/retired-asks.js';
import type { Actor, EscalationRow, VoteRow } from '../rows.js';
import { denyEscalation, type Denying } from './deny-escalation.js';
import { notEligible } from './not-eligible.js';
import { limitsAbove } from '../ask/parent-grant.js';
import { policyContent, requestSound, voteContent } from '../sealed-content.js';
import { grantedAuthority, issueGrant } from '../settle.js';
import { signatureOf, useSignature, type SignableDecision } from './signed-vote.js';
import { escalationStanding } from '../standing.js';
import { endedByKill, standingVotes } from '../standing-votes.js';

export interface Decision extends SignableDecision {
  readonly escalationId: string;
  readonly person: string;
  readonly verdict: 'approve' | 'deny';
  /** The digest that the person was shown. */
  readonly digest: string;
  readonly reason: string | null;
  readonly limits: AuthorityLimits | null;
  readonly via: 'rest' | 'slack';
}

export interface Recorded {
  readonly vote: 'recorded' | 'settled';
  /** How many requests the vote denied: this one, and those that stood behind it. */
  readonly denied?: number;
}

const ENDED = 'A kill switch ended your approval of this request, and nobody votes on a request twice.';

/** What is read before the transaction. */
interface Outside {
  readonly registries: Registries;
  /** What this person had before them. */
  readonly shown: Before;
}

interface Moment extends Outside {
  readonly now: number;
  readonly resource: CatalogResource;
}

/** An apply that commits between reading and locking is waited for with another reading, so often. */
const ATTEMPTS_MAX = 4;

/**
 * A person decides; REST and Slack end here. In one transaction: the agent's row FOR SHARE, for an approval its queue, the
 * escalation FOR UPDATE, the clock after the locks, eligibility as it is now, the vote, and — when the votes settle it —
 * policy once more and the outcome. What has left the configuration ends as cancelled instead.
 * Refuses `not_found`, `stale_digest`, `already_decided`, `already_voted`, `not_eligible` (with `why`), and what `ApproverLimits` refuses.
 */
@Injectable()
export class RecordDecision {
  constructor(
    private readonly cuts: ApproverLimits,
    private readonly unitOfWork: UnitOfWork,
    private readonly reader: Reader,
    readonly seals: Seals,
    readonly ids: Ids,
  ) {}

  async execute(decision: Decision): Promise<Recorded | Refusal> {
    const { escalationId, via } = decision;
    const [found, shown] = await Promise.all([
      this.reader.escalation(escalationId),
      this.reader.before(escalationId, via === 'slack' ? 'card' : 'now'),
    ]);
    if (found === null) return refuse('not_found', 'There is no such escalation.');
    for (let attempt = 1; ; attempt += 1) {
      // Before the transaction, as is what was shown: nobody behind this agent's lock waits for it, and a second connection
      // wanted inside could wait for the pool for ever.
      const { policyVersion, createdAt } = found.escalation;
      const current = await this.cuts.registry.current();
      const same = current.policyVersion === policyVersion;
      const pinned = same ? null : await this.cuts.registry.pinned(policyVersion, createdAt);
      const registries = { current, pinned: pinned ?? current };
      const made = await this.unitOfWork.run((tx) =>
        this.decide(tx, found.escalation, decision, { registries, shown }),
      );
      if (made !== 'config_moved') return made;
      if (attempt === ATTEMPTS_MAX)
        return refuse('unavailable', 'The configuration is being changed.', { retryAfterSeconds: 1 });
    }
  }

  private async decide(
    tx: Transaction,
    { id, agentUid }: EscalationRow,
    decision: Decision,
    outside: Outside,
  ): Promise<Recorded | Refusal | 'config_moved'> {
    await tx.lockAgentRow(agentUid);
    if (decision.verdict === 'approve') await tx.queueBehindAgent(agentUid);
    const { registries } = outside;
    if ((await tx.configSeq()) !== registries.current.seq) return 'config_moved';
    const locked = await tx.lockEscalation(id);
    if (locked === null) return refuse('not_found', 'There is no such escalation.');
    const { now } = locked;
    const { request } = locked.escalation;
    const resource = resourceOf(registries.current.catalog, request.resource, request.authorization_details);
    const escalation = resource === null ? await cancelAsRetired(tx, locked.escalation, now) : locked.escalation;
    const refusal =
      resource === null
        ? await this.barred(tx, escalation, decision, now)
        : await this.judge(tx, escalation, decision, { now, resource });
    if (refusal === null && resource !== null)
      return this.vote(tx, escalation, decision, { ...outside, now, resource });
    if (refusal === null || refusal === 'same_vote')
      return { vote: escalation.status === 'pending' ? 'recorded' : 'settled' };
    await tx.record([voteRefused(escalation, decision, refusal)], now);
    return refusal;
  }

  /** What bars this person from voting on this request, whatever they say; `same_vote` when they already said exactly this. */
  private async barred(
    tx: Transaction,
    row: EscalationRow,
    decision: Decision,
    now: number,
  ): Promise<Refusal | 'same_vote' | null> {
    const voter = await tx.voter(decision.person);
    const why = whyNotEligible(row, voter, now);
    if (voter === null || why !== null) return notEligible(why ?? 'unknown_person');
    if (decision.digest !== row.digest) return refuse('stale_digest', 'What you were shown is not what is asked.');
    const { status } = escalationStanding(row, now);
    const earlier = (await tx.votes(row.id)).find((vote) => isOf(vote, voter));
    const ended = earlier !== undefined && endedByKill(earlier) && status === 'pending';
    if (earlier !== undefined && earlier.verdict === decision.verdict && !ended) return 'same_vote';
    if (status !== 'pending')
      return refuse('already_decided', `This request is already ${status}.`, { facts: { status } });
    if (ended) return refuse('already_voted', ENDED, { facts: { ended_by: 'kill_switch' } });
    return earlier === undefined
      ? null
      : refuse('already_voted', `You already chose to ${earlier.verdict} this request.`);
  }

  /** `null` when the vote may be cast. */
  private async judge(
    tx: Transaction,
    row: EscalationRow,
    decision: Decision,
    { now, resource }: Pick<Moment, 'now' | 'resource'>,
  ): Promise<Refusal | 'same_vote' | null> {
    const bar = await this.barred(tx, row, decision, now);
    if (bar !== null) return bar;
    if (decision.verdict === 'approve' && decision.via === 'slack' && approveIn(row.policy) !== 'slack')
      return refuse('slack_deny_only', 'Policy lets nobody approve this in Slack; approve it in the console.', {
        facts: { approve_in: approveIn(row.policy) },
      });
    const counting = (await tx.votes(row.id)).filter((vote) => !endedByKill(vote));
    const limits = decision.limits === null ? null : this.cuts.judge(row, resource, decision.limits, counting);
    return (
      limits ??
      (await this.carried(tx, row, decision, { now, resource })) ??
      (await useSignature(tx, row, decision, now))
    );
  }

  /** The votes that count now may be fewer than those cast, and what they leave together is what would be granted. */
  private async carried(
    tx: Transaction,
    row: EscalationRow,
    { verdict, limits }: Decision,
    { now, resource }: Pick<Moment, 'now' | 'resource'>,
  ): Promise<Refusal | null> {
    if (verdict === 'deny') return null;
    const cuts = limitsOf(await this.standing(tx, row, now));
    return cuts.length === 0 ? null : this.cuts.carried(row, resource, limits === null ? cuts : [...cuts, limits]);
  }

  private async vote(tx: Transaction, row: EscalationRow, decision: Decision, moment: Moment): Promise<Recorded> {
    const { now } = moment;
    const content: Omit<VoteRow, 'mac' | 'groups'> = {
      id: this.ids.next('vote'),
      escalationId: row.id,
      person: decision.person,
      verdict: decision.verdict,
      digest: decision.digest,
      limits: decision.limits,
      reason: decision.reason,
      via: decision.via,
      personUid: (await tx.voter(decision.person))?.uid ?? null,
      at: now,
      stepUp: signatureOf(decision)?.signed ?? null,
    };
    await tx.insertVote({ ...content, mac: this.seals.mac('vote', voteContent(content)) });
    const { shown } = moment;
    await tx.record([voteRecorded(row, decision, { signedBy: content.stepUp?.credential_id ?? null, shown })], now);
    await tx.enqueue([{ topic: 'card.publish', payload: { id: row.id } }]);
    return this.settle(tx, row, { kind: 'person', id: decision.person }, moment);
  }

  private async standing(tx: Transaction, row: EscalationRow, now: number): ReturnType<typeof standingVotes> {
    const votes = (await tx.votes(row.id)).filter((vote) =>
      this.seals.sound('vote', vote.id, voteContent(vote), vote.mac),
    );
    return standingVotes(tx, row, votes, now);
  }

  private async settle(tx: Transaction, row: EscalationRow, actor: Actor, moment: Moment): Promise<Recorded> {
    const { now } = moment;
    const standing = await this.standing(tx, row, now);
    const denial = standing.find((vote) => vote.verdict === 'deny');
    const approvals = standing.filter((vote) => vote.verdict === 'approve');
    const sound = requestSound(row) && this.seals.sound('policy', row.id, policyContent(row), row.policyMac);
    const outcome = resolve(
      row.policy.gates,
      sound ? approvals.map((vote) => vote.voter) : [],
      denial === undefined ? 0 : 1,
    );
    if (outcome === 'denied') return { vote: 'settled', denied: await this.deny(tx, row, denial as VoteRow, moment) };
    if (outcome === 'approved') await this.approve(tx, row, approvals, actor, moment);
    else await tx.changeEscalation(row.id, row.version, { change: 'voted', now });
    return { vote: outcome === 'open' ? 'recorded' : 'settled' };
  }

  private async deny(tx: Transaction, row: EscalationRow, vote: VoteRow, moment: Moment): Promise<number> {
    const { person, reason } = vote;
    const denying: Denying = {
      actor: { kind: 'person', id: person },
      code: 'denied_by_approver',
      reason: reason ?? '',
      limits: moment.registries.current.catalog.limits,
      mayDeny: async (other, now) => whyNotEligible(other, await tx.voter(person), now) === null,
    };
    return denyEscalation(tx, row, denying, moment.now);
  }

  private async approve(
    tx: Transaction,
    row: EscalationRow,
    approvals: readonly VoteRow[],
    actor: Actor,
    { now, resource, registries }: Moment,
  ): Promise<void> {
    const limits = [...limitsOf(approvals), ...limitsAbove(row, now)];
    const again = await judgeAgain(tx, registries, row, approvals, limits, now);
    if ('denial' in again) return denyLate(tx, row, again, approvals, now);
    const granted = grantedAuthority(row.request, row.policy, [...limits, again.caps]);
    const { cuts, ...authority } = granted;
    const digest = grantDigest(row.id, row.digest, authority);
    await tx.changeEscalation(row.id, row.version, { change: 'approved', now, granted, grantDigest: digest });
    await tx.record(
      [
        {
          type: 'escalation.approved',
          actor,
          escalation: row.id,
          agent: row.agentId,
          data: { grant_digest: digest, cuts, approvers: approvals.map((vote) => vote.person) },
        },
      ],
      now,
    );
    await issueGrant(tx, this, row, { granted, resource }, actor, now);
  }
}
