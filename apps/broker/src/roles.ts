import type { DynamicModule, ModuleMetadata } from '@nestjs/common';
import { DeliveryModule } from '#delivery/bull/delivery.module.js';
import { BreakGlassTeller, CardPublisher, CardUpkeep, ThreadPublisher } from '#delivery/ports.js';
import type { Role } from '#platform/config/environment/environment.js';
import { LostPage } from '#platform/http/lost-page.js';
import { apiControllers, apiProviders } from './wiring/api.providers.js';
import { HealthController } from './api/system/health.controller.js';
import { HomeController } from './api/system/home.controller.js';
import { MetricsController } from './api/system/metrics.controller.js';
import { OperatorOnly } from './api/edge/operator-only.js';
import { PlainLostPage } from './api/edge/plain-lost-page.js';
import { consoleControllers, consoleProviders } from './console/console.providers.js';
import { slackWatch } from './observation/observed-ports.js';
import type { Opened } from './serve/open.js';
import { hearingFirst } from './slack/receive/late-bolt.js';
import { PortsModule } from './wiring/ports.module.js';
import { cardPublishing, slackReceiver } from './wiring/slack.module.js';
import { noticeProviders } from './wiring/notices.providers.js';
import { WorkerModule } from './worker/worker.module.js';

type Part = Required<Pick<ModuleMetadata, 'controllers' | 'providers' | 'imports'>>;

/** Holds whatever publishes cards, so that the worker can import it. */
class CardsModule {}

/** The root module: what this process holds, by its roles, on one page. */
export class BrokerModule {
  /** @param ready settles when the process serves; what is likely to be wanted soon is loaded then */
  static holding(roles: ReadonlySet<Role>, opened: Opened, ready: Promise<void>): DynamicModule {
    const { watch, first } = hearingFirst(slackWatch(opened.observation));
    // To the local Slack people come once a card is there; to a workspace at any moment.
    const likely = opened.localSlack === null ? ready : first;
    const parts: Part[] = [{ controllers: [MetricsController], providers: [OperatorOnly], imports: [] }];
    // A process without the API has its probes all the same.
    if (!roles.has('api')) parts.push({ controllers: [HealthController], providers: [], imports: [] });
    if (roles.has('api')) parts.push({ controllers: apiControllers, providers: apiProviders, imports: [] });
    if (roles.has('console')) parts.push({ controllers: consoleControllers, providers: consoleProviders, imports: [] });
    else {
      const home = roles.has('api') ? [HomeController] : [];
      parts.push({ controllers: home, providers: [{ provide: LostPage, useClass: PlainLostPage }], imports: [] });
    }
    if (roles.has('slack')) parts.push({ ...slackReceiver(opened.slack, watch, likely), imports: [] });
    if (opened.queues !== null) {
      const cards = {
        module: CardsModule,
        ...cardPublishing(opened.slack, watch),
        exports: [CardPublisher, ThreadPublisher, BreakGlassTeller, CardUpkeep],
      };
      parts.push({
        controllers: [],
        providers: [],
        imports: [WorkerModule.register([DeliveryModule.register(opened.queues), cards], noticeProviders(opened))],
      });
    }
    return {
      module: BrokerModule,
      imports: [PortsModule.over(opened), ...parts.flatMap((part) => part.imports)],
      controllers: parts.flatMap((part) => part.controllers),
      providers: parts.flatMap((part) => part.providers),
    };
  }
}
