import { whyNotEligible } from '#domain/approval/clock.js';
import { isOf } from '#domain/approval/eligibility.js';
import type { AuthorityLimits } from '#domain/authority/authorization-details.js';
import { isRefusal, refuse, type Refusal } from '#domain/refusal.js';
import { type DecisionPace } from '#escalations/watch/insights.js';
import { type Reader } from '#escalations/ports.js';
import type { EscalationStory } from '#escalations/watch/read-escalation.js';
import { type RecordDecision } from '#escalations/decide/record-decision.js';
import { escalationStanding } from '#escalations/standing.js';
import type { SlackGateway } from '#slack/send/slack-gateway.js';
import { againstAccount } from '#slack/send/user-standing.js';
import type { SlackRefusal } from '#slack/views/refusals.js';
import type { Admitted } from './click-admission.js';

/** How a vote from Slack ended. `recorded`: a refusal of the use case, which has written it into the history itself. */
export type VoteOutcome =
  | { readonly kind: 'counted'; /** A word to this person about their pace. */ readonly warning: string | null }
  | { readonly kind: 'refused'; readonly refusal: SlackRefusal | Refusal; readonly recorded: boolean }
  | { readonly kind: 'unanswered'; readonly refusal: SlackRefusal };

/** A vote by a click: the account judged by Slack at this moment, then the same decision as over REST. */
export class SlackVotes {
  constructor(
    private readonly gateway: Pick<SlackGateway, 'userStanding'>,
    private readonly decisions: Pick<RecordDecision, 'execute'>,
    private readonly reader: Pick<Reader, 'voter'>,
    private readonly pace: Pick<DecisionPace, 'warning'>,
  ) {}

  /**
   * Casts the vote on the digest that the card shows. `unanswered` when Slack cannot tell whether the account is in good
   * standing: then nothing happens to the request. A denial needs a reason of 1-500 characters, already trimmed.
   */
  async cast(
    admitted: Admitted,
    vote: { verdict: 'approve' | 'deny'; reason: string | null; limits: AuthorityLimits | null },
  ): Promise<VoteOutcome> {
    const bad = await this.standing(admitted.slackUser);
    if (bad !== null) {
      return isUntold(bad) ? { kind: 'unanswered', refusal: bad } : { kind: 'refused', refusal: bad, recorded: false };
    }
    const { card, person } = admitted;
    const { escalationId, digest } = card;
    const told = await this.decisions.execute({ escalationId, person, digest, via: 'slack', ...vote });
    if (isRefusal(told)) return { kind: 'refused', refusal: told, recorded: true };
    return { kind: 'counted', warning: await this.pace.warning(person, vote.verdict) };
  }

  /** What Slack says against this account now; `null` for a full member in good standing. */
  async standing(slackUser: string): Promise<SlackRefusal | null> {
    return againstAccount(await this.gateway.userStanding(slackUser));
  }

  /** What a vote by this person would meet now, without casting it; `null` when nothing speaks against it. */
  async preview(person: string, story: EscalationStory, digest: string): Promise<Refusal | null> {
    const { escalation, votes, now } = story;
    const voter = await this.reader.voter(person);
    const why = whyNotEligible(escalation, voter, now);
    if (voter === null || why !== null)
      return refuse('not_eligible', 'This person may not decide.', { facts: { why } });
    if (digest !== escalation.digest) return refuse('stale_digest', 'What was shown is not what is asked.');
    const { status } = escalationStanding(escalation, now);
    if (status !== 'pending') return refuse('already_decided', `The request is ${status}.`, { facts: { status } });
    const voted = votes.some((vote) => isOf(vote, voter));
    return voted ? refuse('already_voted', 'This person has voted.') : null;
  }
}

/** True where Slack told nothing about the account: nothing is known against whoever acted. */
export function isUntold(refusal: { readonly code: string }): boolean {
  return refusal.code === 'standing_unknown' || refusal.code === 'app_refused';
}
