import type { Provider } from '@nestjs/common';
import { Mutes } from '#escalations/people/mutes.js';
import { RegistrySource } from '#escalations/ports.js';
import { ReadEscalation } from '#escalations/watch/read-escalation.js';
import { SlackLinking } from '#identity/people/slack-linking.js';
import type { SlackLog } from '#slack/redacting-logger.js';
import { SlackGateway } from '#slack/send/slack-gateway.js';
import { CardModelLoader } from '../slack/cards/card-model-loader.js';
import { SLACK_LOG } from '../slack/slack-context.js';
import { HomeModels } from '../slack/people/home-models.js';
import { HomeTab } from '../slack/people/home-tab.js';
import { Invitations } from '../slack/people/invitations.js';
import { RevocationsByWord } from '../slack/people/revocations-by-word.js';
import { SlackAccounts } from '../slack/people/slack-accounts.js';
import { SlackEventRouter } from '../slack/people/slack-event-router.js';
import { SlashCommands } from '../slack/people/slash-commands.js';
import { ThreadTalk } from '../slack/people/thread-talk.js';

/** What people do in Slack beside the cards: the Home tab, `/writ`, and talk in threads. */
export const PEOPLE_IN_SLACK: readonly Provider[] = [
  SlackAccounts,
  Invitations,
  RevocationsByWord,
  ThreadTalk,
  SlackEventRouter,
  HomeModels,
  {
    provide: HomeTab,
    useFactory: (
      accounts: SlackAccounts,
      gateway: SlackGateway,
      models: HomeModels,
      reads: ReadEscalation,
      cards: CardModelLoader,
      revocations: RevocationsByWord,
      linking: SlackLinking,
      log: SlackLog,
    ) => new HomeTab(accounts, gateway, { models, reads, cards, revocations, linking }, log),
    inject: [
      SlackAccounts,
      SlackGateway,
      HomeModels,
      ReadEscalation,
      CardModelLoader,
      RevocationsByWord,
      SlackLinking,
      SLACK_LOG,
    ],
  },
  {
    provide: SlashCommands,
    useFactory: (
      accounts: SlackAccounts,
      models: HomeModels,
      revocations: RevocationsByWord,
      linking: SlackLinking,
      mutes: Mutes,
      reads: ReadEscalation,
      registry: RegistrySource,
    ) => new SlashCommands(accounts, { models, revocations, linking, mutes, reads }, registry),
    inject: [SlackAccounts, HomeModels, RevocationsByWord, SlackLinking, Mutes, ReadEscalation, RegistrySource],
  },
];
