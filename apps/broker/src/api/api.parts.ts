import type { Provider, Type } from '@nestjs/common';
import { AgentsController } from './agents.controller.js';
import { AuthController } from './auth.controller.js';
import { BreakGlassController } from './break-glass.controller.js';
import { CommentsController } from './comments.controller.js';
import { ContextController } from './context.controller.js';
import { CurrentSession } from './current-session.js';
import { DecisionsController } from './decisions.controller.js';
import { DocsController } from './docs-page/docs.controller.js';
import { Asking, EscalationsController } from './escalations.controller.js';
import { GrantsController, RevocationRights } from './grants.controller.js';
import { HealthController } from './health.controller.js';
import { HistoryController } from './history.controller.js';
import { DescriptionController } from './description.controller.js';
import { oauthControllers } from './oauth/oauth.controllers.js';
import { KillController } from './kill.controller.js';
import { InboxStreams } from './inbox-streams.js';
import { InboxController } from './inbox.controller.js';
import { InsightsController } from './insights.controller.js';
import { LiveGrantsController } from './live-grants.controller.js';
import { NudgeController } from './nudge.controller.js';
import { PeopleAgentsController } from './people-agents.controller.js';
import { PasskeysController } from './passkeys.controller.js';
import { PeopleNames } from './people-names.js';
import { PoliciesController } from './policies.controller.js';
import { PolicyHistoryController } from './policy-history.controller.js';
import { RevocationPages } from './revocation-pages.js';
import { RevocationStreams } from './revocation-streams.js';
import { RevocationsController } from './revocations.controller.js';
import { SessionJournal } from './session-journal.js';
import { SessionsController } from './sessions.controller.js';
import { SignedIn } from './signed-in.js';
import { SlackLinksController } from './slack-links.controller.js';
import { StatusController } from './status.controller.js';
import { TokensController } from './tokens.controller.js';

/** Everything that role `api` serves. */
export const apiControllers: Type[] = [
  EscalationsController,
  DecisionsController,
  CommentsController,
  NudgeController,
  GrantsController,
  TokensController,
  AgentsController,
  KillController,
  RevocationsController,
  StatusController,
  HistoryController,
  BreakGlassController,
  InsightsController,
  InboxController,
  ContextController,
  PeopleAgentsController,
  LiveGrantsController,
  PoliciesController,
  PolicyHistoryController,
  SessionsController,
  PasskeysController,
  AuthController,
  SlackLinksController,
  HealthController,
  DescriptionController,
  DocsController,
  ...oauthControllers,
];

export const apiProviders: Provider[] = [
  PeopleNames,
  InboxStreams,
  RevocationPages,
  RevocationStreams,
  CurrentSession,
  SessionJournal,
  SignedIn,
  Asking,
  RevocationRights,
];
