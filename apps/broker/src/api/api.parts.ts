import type { Provider, Type } from '@nestjs/common';
import { AgentsController } from './agents.controller.js';
import { DecisionsController } from './decisions.controller.js';
import { DocsController } from './docs-page/docs.controller.js';
import { Asking, EscalationsController } from './escalations.controller.js';
import { GrantsController, RevocationRights } from './grants.controller.js';
import { HealthController } from './health.controller.js';
import { HistoryController } from './history.controller.js';
import { HomeController } from './home.controller.js';
import { oauthControllers } from './oauth/oauth.controllers.js';
import { SessionsController } from './sessions.controller.js';
import { TokensController } from './tokens.controller.js';

/** Everything that role `api` serves. */
export const apiControllers: Type[] = [
  EscalationsController,
  DecisionsController,
  GrantsController,
  TokensController,
  AgentsController,
  HistoryController,
  SessionsController,
  HealthController,
  HomeController,
  DocsController,
  ...oauthControllers,
];

export const apiProviders: Provider[] = [Asking, RevocationRights];
