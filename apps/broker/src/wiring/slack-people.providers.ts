import type { Provider } from '@nestjs/common';
import { Mutes } from '#escalations/people/mutes.js';
import { Store, RegistrySource } from '#escalations/ports.js';
import { ReadEscalation } from '#escalations/watch/read-escalation.js';
import { ReadInbox } from '#escalations/watch/read-inbox.js';
import { SlackLinking } from '#identity/people/slack-linking.js';
import { BrokerIdentity } from '#platform/http/broker-identity.js';
import type { SlackLog } from '#slack/redacting-logger.js';
import { SlackGateway } from '#slack/send/slack-gateway.js';
import { CardModelLoader } from '../slack/cards/card-model.js';
import { SLACK_LOG } from '../slack/slack-context.js';
import { HomeModels } from '../slack/people/home-models.js';
import { HomeTab } from '../slack/people/home-tab.js';
import { Invitations } from '../slack/people/invitations.js';
import { Revocations } from '../slack/people/revocations.js';
import { SlackAccounts } from '../slack/people/slack-accounts.js';
import { SlackEars } from '../slack/people/slack-ears.js';
import { SlashCommands } from '../slack/people/slash-commands.js';
import { ThreadTalk } from '../slack/people/thread-talk.js';

/** What people do in Slack beside the cards: the Home tab, `/writ`, and talk in threads. */
export const PEOPLE_IN_SLACK: readonly Provider[] = [
  SlackAccounts,
  Invitations,
  Revocations,
  ThreadTalk,
  SlackEars,
  {
    provide: HomeModels,
    useFactory: (inbox: ReadInbox, registry: RegistrySource, store: Store, { issuer }: BrokerIdentity) =>
      new HomeModels(inbox, registry, store, issuer),
    inject: [ReadInbox, RegistrySource, Store, BrokerIdentity],
  },
  {
    provide: HomeTab,
    useFactory: (
      accounts: SlackAccounts,
      gateway: SlackGateway,
      models: HomeModels,
      reads: ReadEscalation,
      cards: CardModelLoader,
      revocations: Revocations,
      linking: SlackLinking,
      log: SlackLog,
    ) => new HomeTab(accounts, gateway, { models, reads, cards, revocations, linking }, log),
    inject: [
      SlackAccounts,
      SlackGateway,
      HomeModels,
      ReadEscalation,
      CardModelLoader,
      Revocations,
      SlackLinking,
      SLACK_LOG,
    ],
  },
  {
    provide: SlashCommands,
    useFactory: (
      accounts: SlackAccounts,
      models: HomeModels,
      revocations: Revocations,
      linking: SlackLinking,
      mutes: Mutes,
      reads: ReadEscalation,
      registry: RegistrySource,
    ) => new SlashCommands(accounts, { models, revocations, linking, mutes, reads }, registry),
    inject: [SlackAccounts, HomeModels, Revocations, SlackLinking, Mutes, ReadEscalation, RegistrySource],
  },
];
