import type { Provider } from '@nestjs/common';
import { AddComment } from '#escalations/people/add-comment.js';
import { Mutes } from '#escalations/people/mutes.js';
import { Reader, RegistrySource, UnitOfWork } from '#escalations/ports.js';
import { ReadEscalation } from '#escalations/watch/read-escalation.js';
import { ReadInbox } from '#escalations/watch/read-inbox.js';
import { RevokeAsPerson } from '#escalations/end/revoke-as-person.js';
import { SlackPeople } from '#escalations/people/slack-people.js';
import { SlackLinking } from '#identity/people/slack-linking.js';
import { BrokerIdentity } from '#platform/http/broker-identity.js';
import { CardFailures, CardThreads, SlackDeliveries } from '#slack/ports.js';
import type { SlackLog } from '#slack/redacting-logger.js';
import { SlackGateway } from '#slack/send/slack-gateway.js';
import { CardModelLoader } from '../slack/cards/card-model.js';
import type { SlackConnection } from '../slack/slack-connection.js';
import { HomeModels } from '../slack/people/home-models.js';
import { HomeTab } from '../slack/people/home-tab.js';
import { Invitations } from '../slack/people/invitations.js';
import { Revocations } from '../slack/people/revocations.js';
import { SlackAccounts } from '../slack/people/slack-accounts.js';
import { SlackEars } from '../slack/people/slack-ears.js';
import { SlashCommands } from '../slack/people/slash-commands.js';
import { ThreadTalk } from '../slack/people/thread-talk.js';

/** The two ways in which people reach it: buttons of the Home tab, and what they type or open. */
export class PeopleInSlack {
  constructor(
    readonly home: HomeTab,
    readonly ears: SlackEars,
  ) {}
}

/** What people do in Slack beside the cards: the Home tab, `/writ`, and talk in threads. */
export function peopleProviders(connection: SlackConnection, log: SlackLog): Provider[] {
  return [
    {
      provide: SlackAccounts,
      useFactory: (people: SlackPeople, gateway: SlackGateway) => new SlackAccounts(people, gateway, connection),
      inject: [SlackPeople, SlackGateway],
    },
    {
      provide: Invitations,
      useFactory: (cards: CardFailures, unitOfWork: UnitOfWork) => new Invitations(cards, unitOfWork, connection),
      inject: [CardFailures, UnitOfWork],
    },
    {
      provide: Revocations,
      useFactory: (reader: Reader, asPerson: RevokeAsPerson) => new Revocations(reader, asPerson),
      inject: [Reader, RevokeAsPerson],
    },
    {
      provide: HomeModels,
      useFactory: (inbox: ReadInbox, registry: RegistrySource, reader: Reader, { issuer }: BrokerIdentity) =>
        new HomeModels(inbox, registry, reader, issuer),
      inject: [ReadInbox, RegistrySource, Reader, BrokerIdentity],
    },
    ...surfaces(log),
  ];
}

function surfaces(log: SlackLog): Provider[] {
  return [
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
      ) => new HomeTab(accounts, gateway, { models, reads, cards, revocations, linking }, log),
      inject: [SlackAccounts, SlackGateway, HomeModels, ReadEscalation, CardModelLoader, Revocations, SlackLinking],
    },
    {
      provide: ThreadTalk,
      useFactory: (
        threads: CardThreads,
        accounts: SlackAccounts,
        comments: AddComment,
        gateway: SlackGateway,
        once: SlackDeliveries,
      ) => new ThreadTalk(threads, accounts, comments, gateway, once),
      inject: [CardThreads, SlackAccounts, AddComment, SlackGateway, SlackDeliveries],
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
    {
      provide: SlackEars,
      useFactory: (home: HomeTab, talk: ThreadTalk, commands: SlashCommands, invitations: Invitations) =>
        new SlackEars(home, talk, commands, invitations),
      inject: [HomeTab, ThreadTalk, SlashCommands, Invitations],
    },
    {
      provide: PeopleInSlack,
      useFactory: (home: HomeTab, ears: SlackEars) => new PeopleInSlack(home, ears),
      inject: [HomeTab, SlackEars],
    },
  ];
}
