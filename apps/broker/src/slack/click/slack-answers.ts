import { Inject, Injectable } from '@nestjs/common';
import { isRefusal, type Refusal } from '#domain/refusal.js';
import type { SlackClick } from '#slack/receive/clicks.js';
import type { StoredCard } from '#slack/ports.js';
import { line, type SlackLog } from '#slack/redacting-logger.js';
import { refusalOf } from '#slack/send/slack-fault.js';
import { SlackGateway } from '#slack/send/slack-gateway.js';
import type { WritModal } from '#slack/views/block-kit.js';
import { refusalSentence, slackRefusalSentence, type SlackRefusal } from '#slack/views/refusals.js';
import type { Admitted, NotAdmitted } from './click-admission.js';
import { ClickedCards } from './clicked-cards.js';
import { UncountedVotes, type UncountedVote } from './uncounted-votes.js';
import { SLACK_LOG } from '../slack-context.js';

/** The person who acted and the channel in which they can be answered. */
export interface Asker {
  readonly channel: string;
  readonly userId: string;
  readonly teamId: string;
  /** The message whose button was clicked; `null` for a form, which may have been opened long before. */
  readonly messageTs: string | null;
  /** Where this click alone can be answered; `null` for a form, which is answered itself. */
  readonly responseUrl: string | null;
}

type Verdict = UncountedVote['verdict'];

/** Refusals after which the message that was clicked may be older than the request. */
const CARD_MAY_BE_OLD: ReadonlySet<string> = new Set(['already_decided', 'stale_digest', 'nothing_live']);

/** What we say back. Every refusal is spoken, in words that only the person who acted sees. */
@Injectable()
export class SlackAnswers {
  constructor(
    @Inject(SlackGateway) private readonly gateway: Pick<SlackGateway, 'ephemeral' | 'respond' | 'openModal'>,
    private readonly uncounted: UncountedVotes,
    private readonly cards: ClickedCards,
    @Inject(SLACK_LOG) private readonly log: SlackLog,
  ) {}

  /** Speaks a refusal that is on record, or need not be. @param card rewritten when it may be older than the request */
  async say(asker: Asker, refusal: SlackRefusal | Refusal, card: StoredCard | null = null): Promise<void> {
    await this.speak(asker, refusal);
    if (card !== null && CARD_MAY_BE_OLD.has(refusal.code)) await this.cards.refresh(card.escalationId, asker);
  }

  /** Says to someone admitted why their vote is not taken, and records that. */
  async refuse(
    asker: Asker,
    { card, person }: Admitted,
    verdict: Verdict,
    refusal: SlackRefusal | Refusal,
  ): Promise<void> {
    await this.say(asker, refusal, card);
    await this.uncounted.record({ card, person, verdict, refusal }, asker);
  }

  /** Says to someone who was not admitted why, and records their vote with the request when the message at least is ours. */
  async turnAway(asker: Asker, { card, refusal, copyTs }: NotAdmitted, verdict: Verdict): Promise<void> {
    await this.speak(asker, refusal);
    if (card === null) return;
    if (copyTs !== undefined) await this.cards.retireCopy(card, copyTs);
    await this.uncounted.record({ card, person: null, verdict, refusal }, asker);
  }

  /** Says a sentence of ours to the person who acted, about something that did count. */
  async tell(asker: Asker, text: string): Promise<void> {
    await this.gateway.ephemeral(asker.channel, asker.userId, text);
  }

  /** Opens a modal, or says that it could not be opened; whether it was. */
  async modal(asker: Asker, triggerId: string, view: WritModal): Promise<boolean> {
    const opened = await this.gateway.openModal(triggerId, view);
    if (opened.kind === 'ok') return true;
    const lasting = refusalOf(opened);
    await this.speak(asker, lasting === null ? { code: 'no_modal' } : { code: 'app_refused', ...lasting });
    return false;
  }

  /** A failure is spoken too, and then goes to the log. Whether the vote was written before it, nobody can say here. */
  async spoken(asker: Asker, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      await this.speak(asker, { code: 'outcome_unknown' });
      throw error;
    }
  }

  /** By the click's own address where the channel does not take it. If neither does, the log has it. */
  private async speak(asker: Asker, refusal: SlackRefusal | Refusal): Promise<void> {
    const sentence = sentenceOf(refusal);
    let told = await this.gateway.ephemeral(asker.channel, asker.userId, sentence);
    // After a lost answer it may have been said already; twice is better than not at all.
    if (told.kind !== 'ok' && asker.responseUrl !== null)
      told = await this.gateway.respond(asker.responseUrl, sentence);
    this.log.warn(line([`an action was refused (${refusal.code}), ${told.kind === 'ok' ? 'and said so' : told.kind}`]));
  }
}

/** What a person is told, in the channel or in a form. */
export function sentenceOf(refusal: SlackRefusal | Refusal): string {
  return isRefusal(refusal) ? refusalSentence(refusal) : slackRefusalSentence(refusal);
}

/** The person who clicked, and where they can be answered. */
export function askerOf({ channelId, userId, teamId, messageTs, responseUrl }: SlackClick): Asker {
  return { channel: channelId, userId, teamId, messageTs, responseUrl: responseUrl ?? null };
}
