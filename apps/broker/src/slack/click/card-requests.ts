import { Injectable } from '@nestjs/common';
import { isRefusal, type Refusal } from '#domain/refusal.js';
import { voteRefusal } from '#escalations/decide/vote-refusal.js';
import { whyNotVote } from '#escalations/why-not-vote.js';
import { Store } from '#escalations/ports.js';
import { ReadEscalation, type EscalationStory } from '#escalations/watch/read-escalation.js';
import { DetailsOpened } from '#slack/ports.js';
import { cardParts, foldingOf } from '#slack/views/card/card-folding.js';
import type { ApprovalCardModel } from '#slack/views/card/card-model.js';
import type { SlackRefusal } from '#slack/views/refusals.js';
import { CardModelLoader } from '../cards/card-model-loader.js';
import type { Admitted } from './click-admission.js';

/** What a person may be shown to decide on: the request, and the card that stands for it. */
export interface Open {
  readonly story: EscalationStory;
  readonly model: ApprovalCardModel;
}

/** The request behind a card, as the person who clicked may see it and decide it now. */
@Injectable()
export class CardRequests {
  constructor(
    private readonly read: ReadEscalation,
    private readonly store: Store,
    private readonly models: CardModelLoader,
    private readonly details: DetailsOpened,
  ) {}

  /**
   * The request as this person may decide it now, or why they may not: by the rule of the decision itself, and for an
   * approval where policy wants it given elsewhere, or part of the request was not shown.
   */
  async open({ card, person }: Admitted, verdict: 'approve' | 'deny'): Promise<Open | SlackRefusal | Refusal> {
    const story = await this.read.load(card.escalationId);
    if (story === null) return { code: 'unknown_card' };
    const why = whyNotVote(
      story.escalation,
      await this.store.read.people.byId(person),
      story.votes,
      card.digest,
      story.now,
    );
    if (why !== null) return voteRefusal(why);
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

  /** The whole of it, for those who may read it over REST too. */
  async whole({ card, person }: Admitted): Promise<ApprovalCardModel | Refusal> {
    const story = await this.read.forPerson(person, card.escalationId);
    if (isRefusal(story)) return story;
    const { model } = await this.models.of(story);
    return { ...model, cardId: card.cardId };
  }

  /** Remembers that this person was shown the whole request. */
  async wholeShown({ card, person }: Admitted): Promise<void> {
    await this.details.record({ escalationId: card.escalationId, digest: card.digest, person });
  }
}
