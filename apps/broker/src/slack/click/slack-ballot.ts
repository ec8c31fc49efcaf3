import { isRefusal, type Refusal } from '#domain/refusal.js';
import type { AuthorityLimits } from '#domain/authority/authorization-details.js';
import { type ReadEscalation, type EscalationStory } from '#escalations/watch/read-escalation.js';
import { type DetailsOpened } from '#slack/ports.js';
import { cardParts, foldingOf } from '#slack/views/card/card-folding.js';
import type { ApprovalCardModel } from '#slack/views/card/card-model.js';
import type { SlackRefusal } from '#slack/views/refusals.js';
import { type CardModelLoader } from '../cards/card-model.js';
import { type Admitted, type NotAdmitted } from './click-admission.js';
import { type Asker, type SlackAnswers } from './slack-answers.js';
import { type SlackVotes } from './slack-votes.js';

export interface Vote {
  readonly verdict: 'approve' | 'deny';
  readonly reason: string | null;
  readonly limits: AuthorityLimits | null;
}

/** What a person may be shown to decide on: the request, and the card that stands for it. */
export interface Open {
  readonly story: EscalationStory;
  readonly model: ApprovalCardModel;
}

/** Refusals after which the message that was clicked may be older than the request. */
const CARD_MAY_BE_OLD: ReadonlySet<string> = new Set(['already_decided', 'stale_digest']);

/**
 * A vote from a card: what speaks against it, the vote itself, and what is said and recorded when it does not count. An
 * approval needs everything to have been shown, and a policy that lets Slack approve.
 */
export class SlackBallot {
  constructor(
    private readonly votes: SlackVotes,
    private readonly read: ReadEscalation,
    private readonly models: CardModelLoader,
    private readonly details: DetailsOpened,
    private readonly answers: SlackAnswers,
  ) {}

  /** The request as this person may decide it now, or why they may not. */
  async open({ card, person }: Admitted, verdict: Vote['verdict']): Promise<Open | SlackRefusal | Refusal> {
    const story = await this.read.load(card.escalationId);
    if (story === null) return { code: 'unknown_card' };
    const refusal = await this.votes.preview(person, story, card.digest);
    if (refusal !== null) return refusal;
    const loaded = await this.models.of(story);
    const model = { ...loaded.model, cardId: card.cardId };
    if (verdict === 'deny') return { story, model };
    if (model.approveIn !== 'slack') return { code: 'console_only', url: model.consoleUrl };
    const opened = { escalationId: card.escalationId, digest: card.digest, person };
    const folding = foldingOf(cardParts(model));
    if (folding !== null && !(await this.details.isOpened(opened)))
      return { code: 'details_unopened', hidden: folding === 'hidden' };
    return { story, model };
  }

  /** What Slack says against the account of someone admitted, before the vote asks the same once more. */
  standing({ slackUser }: Admitted): Promise<SlackRefusal | null> {
    return this.votes.standing(slackUser);
  }

  /** Casts the vote; a refusal is spoken and stands in the history. */
  async cast(asker: Asker, admitted: Admitted, vote: Vote): Promise<void> {
    const { verdict } = vote;
    const outcome = await this.votes.cast(admitted, vote);
    if (outcome.kind === 'counted')
      return outcome.warning === null ? undefined : this.answers.tell(asker, outcome.warning);
    if (outcome.kind === 'unanswered') return this.answers.refuse(asker, outcome.refusal);
    const { refusal, recorded } = outcome;
    await (recorded ? this.say(asker, admitted, refusal) : this.refuse(asker, admitted, verdict, refusal));
  }

  /** Says to someone admitted why their vote is not taken, and records that. */
  async refuse(
    asker: Asker,
    admitted: Admitted,
    verdict: Vote['verdict'],
    refusal: SlackRefusal | Refusal,
  ): Promise<void> {
    const { card, person } = admitted;
    await this.say(asker, admitted, refusal);
    await this.answers.recordUncounted({ card, person, verdict, refusal }, asker);
  }

  /** Says to someone who was not admitted why, and records it with the request when the message at least is ours. */
  async turnAway(asker: Asker, { card, refusal, copyTs }: NotAdmitted, verdict: Vote['verdict']): Promise<void> {
    await this.answers.refuse(asker, refusal);
    if (card === null) return;
    if (copyTs !== undefined) await this.answers.retireCopy(card, copyTs);
    await this.answers.recordUncounted({ card, person: null, verdict, refusal }, asker);
  }

  /** Remembers that this person was shown the whole request. */
  async wholeShown({ card, person }: Admitted): Promise<void> {
    await this.details.record({ escalationId: card.escalationId, digest: card.digest, person });
  }

  private async say(asker: Asker, admitted: Admitted, refusal: SlackRefusal | Refusal): Promise<void> {
    await this.answers.refuse(asker, refusal);
    const old = isRefusal(refusal) && CARD_MAY_BE_OLD.has(refusal.code);
    if (old) await this.answers.refreshCards(admitted.card.escalationId, asker);
  }
}
