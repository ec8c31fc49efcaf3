import { isRefusal, type Refusal } from '#domain/refusal.js';
import { type Reader, type UnitOfWork } from '#escalations/ports.js';
import { SYSTEM, type Actor } from '#escalations/rows.js';
import type { SlackClick } from '#slack/receive/clicks.js';
import type { CardStore, StoredCard } from '#slack/ports.js';
import { line, type SlackLog } from '#slack/redacting-logger.js';
import { refusalOf } from '#slack/send/slack-fault.js';
import type { SlackGateway } from '#slack/send/slack-gateway.js';
import { supersededCard } from '#slack/views/card/approval-card.view.js';
import type { WritModal } from '#slack/views/block-kit.js';
import { refusalSentence, slackRefusalSentence, type SlackRefusal } from '#slack/views/refusals.js';

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

/** A vote that never reached the use case, for the history. */
export interface UncountedVote {
  readonly card: StoredCard;
  readonly verdict: 'approve' | 'deny';
  /** `null`: the account is bound to nobody. */
  readonly person: string | null;
  readonly refusal: SlackRefusal | Refusal;
}

/** What we say back. Every refusal is spoken, in words that only the person who acted sees. */
export class SlackAnswers {
  constructor(
    private readonly gateway: Pick<SlackGateway, 'ephemeral' | 'respond' | 'openModal' | 'update'>,
    private readonly unitOfWork: UnitOfWork,
    private readonly reader: Reader,
    private readonly log: SlackLog,
    private readonly cards: Pick<CardStore, 'mistrust'>,
  ) {}

  /** Speaks a refusal, by the click's own address where the channel does not take it. If neither does, the log has it. */
  async refuse(asker: Asker, refusal: SlackRefusal | Refusal): Promise<void> {
    const sentence = sentenceOf(refusal);
    let told = await this.gateway.ephemeral(asker.channel, asker.userId, sentence);
    // After a lost answer it may have been said already; twice is better than not at all.
    if (told.kind !== 'ok' && asker.responseUrl !== null)
      told = await this.gateway.respond(asker.responseUrl, sentence);
    this.log.warn(line([`an action was refused (${refusal.code}), ${told.kind === 'ok' ? 'and said so' : told.kind}`]));
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
    await this.refuse(asker, lasting === null ? { code: 'no_modal' } : { code: 'app_refused', ...lasting });
    return false;
  }

  /** A failure is spoken too, and then goes to the log. Whether the vote was written before it, nobody can say here. */
  async spoken(asker: Asker, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      await this.refuse(asker, { code: 'outcome_unknown' });
      throw error;
    }
  }

  /** Writes into the history that a vote was refused before the use case saw it. The refusal stands even if this fails. */
  async recordUncounted(vote: UncountedVote, asker: Asker): Promise<void> {
    const { card, verdict, person, refusal } = vote;
    const actor: Actor = person === null ? SYSTEM : { kind: 'person', id: person };
    const cause = isRefusal(refusal) ? refusal.facts : 'reason' in refusal ? { reason: refusal.reason } : {};
    const account = { slack_team: asker.teamId, slack_user: asker.userId };
    const data = { verdict, via: 'slack', code: refusal.code, ...cause, ...account };
    try {
      const found = await this.reader.escalation(card.escalationId);
      if (found === null) return;
      const { id: escalation, agentId: agent } = found.escalation;
      await this.unitOfWork.run((tx) =>
        tx.record([{ type: 'vote.refused', actor, escalation, agent, data }], found.now),
      );
    } catch (error) {
      this.log.error(line(['a refused vote could not be recorded', error]));
    }
  }

  /** Takes the buttons off a second copy of a card, which is on record under another `ts`. */
  async retireCopy(card: StoredCard, copyTs: string): Promise<void> {
    const done = await this.gateway.update(card.channel, copyTs, supersededCard(card.cardId));
    if (done.kind !== 'ok') this.log.warn(line([`a copy of a card keeps its buttons: ${done.kind}`]));
  }

  /**
   * Has every card of the request made true once more; one that is true already stays as it is. A button that was clicked
   * in vain was still there, so its message is rewritten whatever our record says: Slack may have carried out an older
   * call after a newer one.
   */
  async refreshCards(escalationId: string, { channel, messageTs }: Asker): Promise<void> {
    if (messageTs !== null) await this.cards.mistrust({ channel, ts: messageTs });
    await this.unitOfWork.run((tx) => tx.enqueue([{ topic: 'card.publish', payload: { id: escalationId } }]));
  }
}

/** What a person is told, in the channel or in a form. */
export function sentenceOf(refusal: SlackRefusal | Refusal): string {
  return isRefusal(refusal) ? refusalSentence(refusal) : slackRefusalSentence(refusal);
}

/** Who clicked, and where they can be answered. */
export function askerOf({ channelId, userId, teamId, messageTs, responseUrl }: SlackClick): Asker {
  return { channel: channelId, userId, teamId, messageTs, responseUrl: responseUrl ?? null };
}
