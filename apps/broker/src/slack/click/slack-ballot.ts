import { Inject, Injectable } from '@nestjs/common';
import type { AuthorityLimits } from '#domain/authority/authorization-details.js';
import { isRefusal } from '#domain/refusal.js';
import { DecisionPace } from '#escalations/watch/insights.js';
import { RecordDecision } from '#escalations/decide/record-decision.js';
import { SlackGateway } from '#slack/send/slack-gateway.js';
import { againstAccount } from '#slack/send/account-status.js';
import type { SlackRefusal } from '#slack/views/refusals.js';
import type { Admitted } from './click-admission.js';
import { SlackAnswers, type Asker } from './slack-answers.js';

export interface Vote {
  readonly verdict: 'approve' | 'deny';
  /** Of a denial: 1-500 characters, already trimmed. */
  readonly reason: string | null;
  readonly limits: AuthorityLimits | null;
}

/** A vote from a card: the account judged by Slack at this moment, then the same decision as over REST. */
@Injectable()
export class SlackBallot {
  constructor(
    @Inject(SlackGateway) private readonly gateway: Pick<SlackGateway, 'accountStatus'>,
    @Inject(RecordDecision) private readonly decisions: Pick<RecordDecision, 'execute'>,
    @Inject(DecisionPace) private readonly pace: Pick<DecisionPace, 'warning'>,
    private readonly answers: SlackAnswers,
  ) {}

  /** What Slack says now against the account of someone admitted; `null` for a full member in good standing. */
  async accountRefusal({ slackUser }: Admitted): Promise<SlackRefusal | null> {
    return againstAccount(await this.gateway.accountStatus(slackUser));
  }

  /**
   * Casts the vote on the digest that the card shows; a refusal is spoken and stands in the history. While Slack cannot
   * tell whether the account is in good standing, nothing happens to the request.
   */
  async cast(asker: Asker, admitted: Admitted, vote: Vote): Promise<void> {
    const bad = await this.accountRefusal(admitted);
    if (bad !== null)
      return isUntold(bad) ? this.answers.say(asker, bad) : this.answers.refuse(asker, admitted, vote.verdict, bad);
    const { card, person } = admitted;
    const { escalationId, digest } = card;
    const told = await this.decisions.execute({ escalationId, person, digest, via: 'slack', ...vote });
    // The use case has written its refusal into the history itself.
    if (isRefusal(told)) return this.answers.say(asker, told, card);
    const warning = await this.pace.warning(person, vote.verdict);
    if (warning !== null) await this.answers.tell(asker, warning);
  }
}

/** True where Slack told nothing about the account: nothing is known against whoever acted. */
export function isUntold(refusal: { readonly code: string }): boolean {
  return refusal.code === 'standing_unknown' || refusal.code === 'app_refused';
}
