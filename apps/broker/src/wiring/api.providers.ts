import type { Provider, Type } from '@nestjs/common';
import { ProofInterceptor } from '#platform/http/completes-proof.js';
import { AgentAsks } from '../api/ask/agent-asks.js';
import { AgentsController } from '../api/end/agents.controller.js';
import { AuthController } from '../api/people/auth.controller.js';
import { BreakGlassController } from '../api/ask/break-glass.controller.js';
import { CommentsController } from '../api/people/comments.controller.js';
import { ContextController } from '../api/watch/context.controller.js';
import { CurrentSession } from '../api/people/current-session.js';
import { DecisionsController } from '../api/decide/decisions.controller.js';
import { DocsController } from '../api/docs-page/docs.controller.js';
import { EscalationsController } from '../api/ask/escalations.controller.js';
import { GrantsController, RevocationRights } from '../api/end/grants.controller.js';
import { HealthController } from '../api/system/health.controller.js';
import { HistoryController } from '../api/watch/history.controller.js';
import { DescriptionController } from '../api/system/description.controller.js';
import { oauthControllers } from '../api/oauth/oauth.controllers.js';
import { KillController } from '../api/end/kill.controller.js';
import { InboxStreams } from '../api/watch/inbox-streams.js';
import { InboxController } from '../api/watch/inbox.controller.js';
import { InsightsController } from '../api/watch/insights.controller.js';
import { LiveGrantsController } from '../api/watch/live-grants.controller.js';
import { NudgeController } from '../api/decide/nudge.controller.js';
import { PeopleAgentsController } from '../api/watch/people-agents.controller.js';
import { PasskeysController } from '../api/people/passkeys.controller.js';
import { PeopleNames } from '../api/edge/people-names.js';
import { PoliciesController } from '../api/configure/policies.controller.js';
import { PolicyHistoryController } from '../api/configure/policy-history.controller.js';
import { RevocationPages } from '../api/watch/revocation-pages.js';
import { RevocationStreams } from '../api/watch/revocation-streams.js';
import { RevocationsController } from '../api/watch/revocations.controller.js';
import { SessionJournal } from '../api/people/session-journal.js';
import { SessionsController } from '../api/people/sessions.controller.js';
import { SignedIn } from '../api/people/signed-in.js';
import { SlackLinksController } from '../api/people/slack-links.controller.js';
import { StatusController } from '../api/watch/status.controller.js';
import { FormCallers } from '../api/oauth/form-callers.js';
import { TokenGrants } from '../api/oauth/token-grants.js';
import { TokenAsks } from '../api/oauth/token-asks.js';
import { TokensController } from '../api/use/tokens.controller.js';

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
  AgentAsks,
  TokenAsks,
  FormCallers,
  TokenGrants,
  ProofInterceptor,
  RevocationRights,
];
