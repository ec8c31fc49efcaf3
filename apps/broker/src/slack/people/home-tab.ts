import { isRefusal } from '#domain/refusal.js';
import type { ReadEscalation } from '#escalations/watch/read-escalation.js';
import type { SlackLinking } from '#identity/people/slack-linking.js';
import type { HomeHandlers } from '#slack/receive/home-actions.js';
import type { HomeClick } from '#slack/receive/home-clicks.js';
import type { HomeOpened } from '#slack/receive/events.js';
import { line, type SlackLog } from '#slack/redacting-logger.js';
import type { SlackGateway } from '#slack/send/slack-gateway.js';
import { detailsModal } from '#slack/views/details-modal.view.js';
import { homeView, refusedHome, unlinkedHome, type WritHome } from '#slack/views/home.view.js';
import { slackRefusalSentence } from '#slack/views/refusals.js';
import type { CardModelLoader } from '../cards/card-model-loader.js';
import type { HomeModels } from './home-models.js';
import type { RevocationsByWord } from './revocations-by-word.js';
import type { SlackAccounts, SlackSender } from './slack-accounts.js';

export interface HomeServices {
  readonly models: HomeModels;
  readonly reads: Pick<ReadEscalation, 'forPerson'>;
  readonly cards: Pick<CardModelLoader, 'of'>;
  readonly revocations: RevocationsByWord;
  readonly linking: Pick<SlackLinking, 'issueCode'>;
}

const REVOKED = 'Revoked in the Home tab of Slack.';
/** Names no card: nothing in the modal may be sent back. */
const NO_CARD = 'home';

/**
 * The Home tab: what waits for the person, what they let happen, what they decided. Written when it is opened and after
 * what is done in it, so that Slack is called only because a person acted. Approving is not offered here.
 */
export class HomeTab implements HomeHandlers {
  constructor(
    private readonly accounts: SlackAccounts,
    private readonly gateway: Pick<SlackGateway, 'publishHome' | 'openModal'>,
    private readonly services: HomeServices,
    private readonly log: SlackLog,
  ) {}

  /** Writes the tab of whoever opened it; in that of an account that may not act stands why. */
  async opened(opened: HomeOpened): Promise<void> {
    await this.show(opened, null, null);
  }

  /** The whole request in a modal, for those who may read it. */
  async details(click: HomeClick): Promise<void> {
    await this.asPerson(click, async (person) => {
      const story = await this.services.reads.forPerson(person, click.value);
      if (isRefusal(story)) return 'Writ has no such request for you.';
      const { model } = await this.services.cards.of(story);
      const opened = await this.gateway.openModal(click.triggerId, detailsModal({ ...model, cardId: NO_CARD }));
      return opened.kind === 'ok' ? null : 'Slack did not open the window in time. Please click again.';
    });
  }

  /** Ends the grant, if this person may, and shows the tab as it is afterwards. */
  async revoke(click: HomeClick): Promise<void> {
    await this.asPerson(click, (person) => this.services.revocations.revoke(person, click.value, REVOKED));
  }

  /** Gives the account a code. Somebody who is linked already sees their tab. */
  async link(click: HomeClick): Promise<void> {
    const account = await this.accounts.personOf(click);
    if ('refusal' in account || account.person !== null) return this.show(click, null, null);
    const code = await this.services.linking.issueCode({ team: click.teamId, user: click.userId });
    await this.show(click, null, code);
  }

  /** Does what the person wants; a sentence about it is shown on top of the tab, `null` leaves the tab as it is. */
  private async asPerson(click: HomeClick, act: (person: string) => Promise<string | null>): Promise<void> {
    const account = await this.accounts.personOf(click);
    if ('refusal' in account || account.person === null) return this.show(click, null, null);
    try {
      const notice = await act(account.person);
      if (notice !== null) await this.show(click, notice, null);
    } catch (error) {
      await this.show(click, 'Something failed in Writ. What you see below is how things stand.', null);
      throw error;
    }
  }

  private async show(sender: SlackSender, notice: string | null, code: string | null): Promise<void> {
    const view = await this.viewFor(sender, notice, code);
    const shown = await this.gateway.publishHome(sender.userId, view);
    if (shown.kind !== 'ok') this.log.warn(line([`a Home tab was not written: ${shown.kind}`]));
  }

  private async viewFor(sender: SlackSender, notice: string | null, code: string | null): Promise<WritHome> {
    const account = await this.accounts.personOf(sender);
    const { models } = this.services;
    if ('refusal' in account) {
      return refusedHome(slackRefusalSentence(account.refusal));
    }
    const { person } = account;
    if (person === null) return unlinkedHome({ code, notice, accountUrl: models.accountUrl });
    const model = await models.of(person, notice);
    return model === null ? refusedHome('Writ no longer knows you.') : homeView(model);
  }
}
