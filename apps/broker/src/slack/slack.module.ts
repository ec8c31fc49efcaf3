import { Logger, type ModuleMetadata } from '@nestjs/common';
import { CardPublisher } from '#delivery/ports.js';
import { Reader, RegistrySource, UnitOfWork } from '#escalations/ports.js';
import { ReadEscalation } from '#escalations/read-escalation.js';
import { RecordDecision } from '#escalations/record-decision.js';
import { createBoltApp, registerActions } from '#slack/bolt-app.js';
import { CardStore, SlackDeliveries } from '#slack/ports.js';
import { SlackGateway } from '#slack/slack-gateway.js';
import type { SocketLog } from '#slack/socket-link.js';
import { NoCards } from '../worker/no-cards.js';
import { CardModelLoader } from './card-model.js';
import { ClickAdmission } from './click-admission.js';
import { SlackReceiverController } from './receiver.controller.js';
import { SlackActions } from './slack-actions.js';
import { SlackAnswers } from './slack-answers.js';
import { SlackCardPublisher } from './slack-card-publisher.js';
import type { SlackConnection } from './slack-connection.js';
import { SlackInbox } from './slack-inbox.js';
import { SlackVotes } from './slack-votes.js';
import { SocketReceiver } from './socket-receiver.js';

/** What a module takes in to hold one side of Slack. */
export type SlackPart = Required<Pick<ModuleMetadata, 'controllers' | 'providers'>>;

const log: SocketLog = new Logger('Slack');

/**
 * The side that people click on (role `slack`): `POST /slack/events`, with an app token Socket Mode beside it, and what the buttons
 * do. Nothing with Slack off.
 * The module around it provides `CardStore`, `SlackDeliveries`, `RegistrySource`, `UnitOfWork`, `Reader`,
 * `ReadEscalation` and `RecordDecision`. Both sides may stand in one module: they then share the gateway.
 */
export function slackReceiver(connection: SlackConnection | null): SlackPart {
  if (connection === null) return { controllers: [], providers: [] };
  return {
    controllers: [SlackReceiverController],
    providers: [
      ...sharedProviders(connection),
      {
        provide: ClickAdmission,
        useFactory: (cards: CardStore, registry: RegistrySource) => new ClickAdmission(cards, registry, connection),
        inject: [CardStore, RegistrySource],
      },
      {
        provide: SlackVotes,
        useFactory: (gateway: SlackGateway, decisions: RecordDecision, reader: Reader) =>
          new SlackVotes(gateway, decisions, reader),
        inject: [SlackGateway, RecordDecision, Reader],
      },
      {
        provide: SlackAnswers,
        useFactory: (gateway: SlackGateway, unitOfWork: UnitOfWork, reader: Reader) =>
          new SlackAnswers(gateway, unitOfWork, reader, log),
        inject: [SlackGateway, UnitOfWork, Reader],
      },
      {
        provide: SlackActions,
        useFactory: (
          admission: ClickAdmission,
          votes: SlackVotes,
          read: ReadEscalation,
          models: CardModelLoader,
          answers: SlackAnswers,
        ) => new SlackActions(admission, votes, read, models, answers),
        inject: [ClickAdmission, SlackVotes, ReadEscalation, CardModelLoader, SlackAnswers],
      },
      {
        provide: SlackInbox,
        useFactory: (deliveries: SlackDeliveries, actions: SlackActions, gateway: SlackGateway) =>
          slackInbox(connection, deliveries, actions, gateway),
        inject: [SlackDeliveries, SlackActions, SlackGateway],
      },
      ...socketReceiver(connection),
    ],
  };
}

/**
 * The side that keeps cards true (role `worker`): a `CardPublisher`, which with Slack off has nothing to do. Needs
 * `CardStore`, `RegistrySource`, `UnitOfWork`, `Reader` and `ReadEscalation`.
 */
export function cardPublishing(connection: SlackConnection | null): SlackPart {
  if (connection === null) return { controllers: [], providers: [{ provide: CardPublisher, useClass: NoCards }] };
  return {
    controllers: [],
    providers: [...sharedProviders(connection), { provide: CardPublisher, useClass: SlackCardPublisher }],
  };
}

function socketReceiver({ appToken, apiUrl }: SlackConnection): SlackPart['providers'] {
  if (appToken === null) return [];
  const useFactory = (inbox: SlackInbox): SocketReceiver => new SocketReceiver(inbox, { appToken, apiUrl, log });
  return [{ provide: SocketReceiver, useFactory, inject: [SlackInbox] }];
}

function sharedProviders(connection: SlackConnection): SlackPart['providers'] {
  const { botToken: token, apiUrl, teamId } = connection;
  return [
    { provide: SlackGateway, useFactory: () => new SlackGateway({ token, apiUrl, teamId, log }) },
    CardModelLoader,
  ];
}

function slackInbox(
  connection: SlackConnection,
  deliveries: SlackDeliveries,
  actions: SlackActions,
  gateway: SlackGateway,
): SlackInbox {
  const { botToken: token, botId, botUserId, apiUrl, signingSecret, appId, teamId } = connection;
  const bolt = createBoltApp({ token, botId, botUserId, apiUrl, log });
  registerActions(bolt.app, actions, log);
  const userChanged = (userId: string): void => gateway.forgetUser(userId);
  return new SlackInbox(deliveries, bolt, { signingSecret, appId, teamId, userChanged, log });
}
