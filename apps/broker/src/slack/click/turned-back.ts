import { isOurs } from '#slack/receive/bolt-app.js';
import { line, type SlackLog } from '#slack/redacting-logger.js';
import type { SlackGateway } from '#slack/send/slack-gateway.js';
import { formTurnedBack, reachOf, whyTurnedBack } from '#slack/receive/turned-back.js';
import { refusedHome } from '#slack/views/home.view.js';
import { noticeModal } from '#slack/views/notice-modal.view.js';
import { slackRefusalSentence } from '#slack/views/refusals.js';
import type { UnmatchedDeliveries } from './unmatched-deliveries.js';

type Told = { readonly kind: string };

/**
 * What becomes of an interaction that no listener takes: it is on record, and whoever acted is told that nothing was
 * counted, by whichever way the body leaves open. None of it is believed: a sentence of ours is all that goes out.
 */
export class TurnedBack {
  constructor(
    private readonly strays: Pick<UnmatchedDeliveries, 'incomplete'>,
    private readonly gateway: Pick<SlackGateway, 'ephemeral' | 'respond' | 'publishHome' | 'openModal'>,
    private readonly log: SlackLog,
  ) {}

  /** Records and says it. Never rejects. */
  async interaction(action: string, body: unknown): Promise<void> {
    await Promise.all([this.strays.incomplete(action, body), this.say(body)]);
  }

  private async say(body: unknown): Promise<void> {
    if (formTurnedBack(body) !== undefined) return;
    const sentence = slackRefusalSentence(whyTurnedBack(body, isOurs(body)));
    try {
      for (const way of this.ways(body, sentence)) if ((await way()).kind === 'ok') return;
      this.log.warn(line(['somebody whose interaction was turned back could not be told']));
    } catch (error) {
      this.log.error(line(['somebody whose interaction was turned back could not be told', error]));
    }
  }

  private ways(body: unknown, sentence: string): (() => Promise<Told>)[] {
    const { inHome, user, channel, responseUrl, triggerId } = reachOf(body);
    const { gateway } = this;
    return [
      ...(inHome && user !== null ? [() => gateway.publishHome(user, refusedHome(sentence))] : []),
      ...(channel !== null && user !== null ? [() => gateway.ephemeral(channel, user, sentence)] : []),
      ...(responseUrl !== null ? [() => gateway.respond(responseUrl, sentence)] : []),
      ...(triggerId !== null ? [() => gateway.openModal(triggerId, noticeModal(sentence))] : []),
    ];
  }
}
