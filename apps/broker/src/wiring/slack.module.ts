import type { ModuleMetadata } from '@nestjs/common';
import { BreakGlassTeller, CardPublisher, CardUpkeep, ThreadPublisher } from '#delivery/ports.js';
import type { SlackConnection } from '#platform/config/environment/slack-environment.js';
import {
  createBoltApp,
  registerActions,
  turningBackNameless,
  type BoltApp,
  type OnIncomplete,
} from '#slack/receive/bolt-app.js';
import { registerHome } from '#slack/receive/home-actions.js';
import { SlackDeliveries } from '#slack/ports.js';
import { SlackGateway, type CallWatch } from '#slack/send/slack-gateway.js';
import { NoCards, NoLostCards, NoThreads } from '../slack/cards/no-cards.js';
import { NoNotices } from '../slack/cards/no-break-glass-teller.js';
import { CARD_ACTIONS } from './slack-clicks.providers.js';
import { CardModelLoader } from '../slack/cards/card-model-loader.js';
import { UnfinishedCards } from '../slack/cards/unfinished-cards.js';
import { CardsOfDuplicates } from '../slack/cards/cards-of-duplicates.js';
import { LostCards } from '../slack/cards/lost-cards.js';
import { HomeTab } from '../slack/people/home-tab.js';
import { PEOPLE_IN_SLACK } from './slack-people.providers.js';
import { SlackEventRouter } from '../slack/people/slack-event-router.js';
import { LateBolt } from '../slack/receive/late-bolt.js';
import { SlackReceiverController } from '../slack/receive/receiver.controller.js';
import { SlackActions } from '../slack/click/slack-actions.js';
import { SlackBreakGlassTeller } from '../slack/cards/slack-break-glass-teller.js';
import { SlackCardPublisher } from '../slack/cards/slack-card-publisher.js';
import { slackContext, slackLog as log } from '../slack/slack-context.js';
import { SlackForms } from '../slack/click/slack-forms.js';
import { SlackDeliveryDoor } from '../slack/receive/slack-delivery-door.js';
import { SlackThreadPublisher } from '../slack/cards/slack-thread-publisher.js';
import { SocketReceiver } from '../slack/receive/socket-receiver.js';
import { UnmatchedDeliveries } from '../slack/click/unmatched-deliveries.js';
import { TurnedBack } from '../slack/click/turned-back.js';

/** What a module takes in to hold one side of Slack. */
export type SlackPart = Required<Pick<ModuleMetadata, 'controllers' | 'providers'>>;

/**
 * The side that people click on (role `slack`): `POST /slack/events`, with an app token Socket Mode beside it, and what the buttons
 * do. Nothing with Slack off.
 * The module around it provides `CardStore`, `SlackDeliveries`, `RegistrySource`, `Store`,
 * `ReadEscalation` and `RecordDecision`. Both sides may stand in one module: they then share the gateway.
 * @param likely settles when somebody may soon click; at once unless told
 */
export function slackReceiver(
  connection: SlackConnection | null,
  watch?: CallWatch,
  likely: Promise<unknown> = Promise.resolve(),
): SlackPart {
  if (connection === null) return { controllers: [], providers: [] };
  return {
    controllers: [SlackReceiverController],
    providers: [
      ...sharedProviders(connection, watch),
      UnmatchedDeliveries,
      ...CARD_ACTIONS,
      ...PEOPLE_IN_SLACK,
      inboxProvider(connection, likely),
      ...socketReceiver(connection),
    ],
  };
}

/**
 * The side that keeps cards true (role `worker`): a `CardPublisher`, which with Slack off has nothing to do. Needs
 * `CardStore`, `CardDrift`, `RegistrySource`, `Store`, `ReadEscalation` and `Metrics`.
 */
export function cardPublishing(connection: SlackConnection | null, watch?: CallWatch): SlackPart {
  if (connection === null) {
    const silent = [
      { provide: CardPublisher, useClass: NoCards },
      { provide: CardUpkeep, useClass: NoLostCards },
      { provide: ThreadPublisher, useClass: NoThreads },
      { provide: BreakGlassTeller, useClass: NoNotices },
    ];
    return { controllers: [], providers: silent };
  }
  return {
    controllers: [],
    providers: [
      ...sharedProviders(connection, watch),
      CardsOfDuplicates,
      UnfinishedCards,
      { provide: CardUpkeep, useClass: LostCards },
      { provide: CardPublisher, useClass: SlackCardPublisher },
      { provide: ThreadPublisher, useClass: SlackThreadPublisher },
      { provide: BreakGlassTeller, useClass: SlackBreakGlassTeller },
    ],
  };
}

function socketReceiver({ appToken, apiUrl }: SlackConnection): SlackPart['providers'] {
  if (appToken === null) return [];
  const useFactory = (inbox: SlackDeliveryDoor): SocketReceiver => new SocketReceiver(inbox, { appToken, apiUrl, log });
  return [{ provide: SocketReceiver, useFactory, inject: [SlackDeliveryDoor] }];
}

function sharedProviders(connection: SlackConnection, watch: CallWatch | undefined): SlackPart['providers'] {
  const { botToken: token, apiUrl, teamId } = connection;
  return [
    {
      provide: SlackGateway,
      useFactory: () => new SlackGateway({ token, apiUrl, teamId, log, ...(watch && { watch }) }),
    },
    CardModelLoader,
    ...slackContext(connection),
  ];
}

/** The one door, with all that is behind it: what of a body goes to whom. */
function inboxProvider(connection: SlackConnection, likely: Promise<unknown>): SlackPart['providers'][number] {
  const { botToken: token, botId, botUserId, apiUrl, signingSecret, appId, teamId } = connection;
  return {
    provide: SlackDeliveryDoor,
    useFactory: (
      deliveries: SlackDeliveries,
      buttons: SlackActions,
      forms: SlackForms,
      home: HomeTab,
      router: SlackEventRouter,
      gateway: SlackGateway,
      strays: UnmatchedDeliveries,
    ) => {
      const turnedBack = new TurnedBack(strays, gateway, log);
      const incomplete: OnIncomplete = (action, body) => turnedBack.interaction(action, body);
      const openBolt = async (): Promise<BoltApp> => {
        const bolt = await createBoltApp({ token, botId, botUserId, apiUrl, log });
        registerActions(bolt.app, { buttons, forms }, incomplete);
        registerHome(bolt.app, home, incomplete);
        return bolt;
      };
      const bolt = new LateBolt(openBolt, log, likely);
      const userChanged = (userId: string): void => gateway.forgetUser(userId);
      const options = { signingSecret, appId, teamId, userChanged, log, router };
      return new SlackDeliveryDoor(deliveries, turningBackNameless(bolt, incomplete), options);
    },
    inject: [SlackDeliveries, SlackActions, SlackForms, HomeTab, SlackEventRouter, SlackGateway, UnmatchedDeliveries],
  };
}
