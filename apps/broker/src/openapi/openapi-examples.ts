import { EXAMPLES_OF_BREAK_GLASS } from '#contracts/ask/break-glass.examples.js';
import { ALLOWED_AT_ONCE, EXAMPLES_OF_ESCALATION_ANSWERS } from '#contracts/ask/escalation-answers.examples.js';
import { EXAMPLES_OF_ASKS } from '#contracts/ask/escalation.examples.js';
import { EXAMPLES_OF_EVALUATIONS } from '#contracts/ask/evaluation.examples.js';
import { EXAMPLES_OF_REQUESTABLE } from '#contracts/ask/requestable.examples.js';
import { EXAMPLES_OF_CATALOGUE } from '#contracts/configure/catalogue.examples.js';
import { EXAMPLES_OF_DRY_RUNS } from '#contracts/configure/dry-run.examples.js';
import { EXAMPLES_OF_POLICIES } from '#contracts/configure/policies.examples.js';
import { EXAMPLES_OF_POLICY_HISTORY } from '#contracts/configure/policy-history.examples.js';
import { EXAMPLES_OF_DECISIONS } from '#contracts/decide/decision.examples.js';
import { EXAMPLES_OF_DENYING_PENDING } from '#contracts/decide/deny-pending.examples.js';
import { EXAMPLES_OF_ESCALATIONS_FOR_PEOPLE } from '#contracts/decide/escalation-for-people.examples.js';
import { EXAMPLES_OF_NUDGES } from '#contracts/decide/nudge.examples.js';
import { EXAMPLES_OF_STEP_UPS } from '#contracts/decide/step-up.examples.js';
import { EXAMPLES_OF_GRANT_ENDS } from '#contracts/end/grant-end.examples.js';
import { EXAMPLES_OF_KILLS } from '#contracts/end/kill.examples.js';
import { EXAMPLES_OF_SUSPENSIONS } from '#contracts/end/suspension.examples.js';
import { EXAMPLES_OF_COMMENTS } from '#contracts/people/comments.examples.js';
import { CREATION_OPTIONS_EXAMPLE, EXAMPLES_OF_PASSKEYS } from '#contracts/people/passkeys.examples.js';
import { EXAMPLES_OF_SESSIONS } from '#contracts/people/sessions.examples.js';
import { EXAMPLES_OF_SLACK_LINKS } from '#contracts/people/slack-links.examples.js';
import { EXAMPLES_OF_CONSUMING } from '#contracts/use/consume.examples.js';
import { EXAMPLES_OF_AGENTS } from '#contracts/watch/agents.examples.js';
import { EXAMPLES_OF_CONTEXT } from '#contracts/watch/context.examples.js';
import { EXAMPLES_OF_GRANTS } from '#contracts/watch/grants.examples.js';
import { EXAMPLES_OF_HISTORY } from '#contracts/watch/history.examples.js';
import { EXAMPLES_OF_INBOX, INBOX_STREAM_EXAMPLE } from '#contracts/watch/inbox.examples.js';
import { EXAMPLES_OF_INSIGHTS } from '#contracts/watch/insights.examples.js';
import { EXAMPLES_OF_LIVE_GRANTS } from '#contracts/watch/live-grants.examples.js';
import {
  EXAMPLES_OF_REVOCATIONS,
  REVOCATIONS_STREAM_EXAMPLE,
  STATUS_LIST_EXAMPLE,
} from '#contracts/watch/revocations.examples.js';
import { OAUTH_EXAMPLES } from '../api/oauth/openapi.examples.js';

/** One example of each body and answer, by the name of its schema. They stand beside the DTOs. */
export const SCHEMA_EXAMPLES: Readonly<Record<string, unknown>> = {
  ...EXAMPLES_OF_AGENTS,
  ...EXAMPLES_OF_ASKS,
  ...EXAMPLES_OF_BREAK_GLASS,
  ...EXAMPLES_OF_CATALOGUE,
  ...EXAMPLES_OF_COMMENTS,
  ...EXAMPLES_OF_CONSUMING,
  ...EXAMPLES_OF_CONTEXT,
  ...EXAMPLES_OF_DECISIONS,
  ...EXAMPLES_OF_DENYING_PENDING,
  ...EXAMPLES_OF_DRY_RUNS,
  ...EXAMPLES_OF_ESCALATIONS_FOR_PEOPLE,
  ...EXAMPLES_OF_ESCALATION_ANSWERS,
  ...EXAMPLES_OF_EVALUATIONS,
  ...EXAMPLES_OF_GRANTS,
  ...EXAMPLES_OF_GRANT_ENDS,
  ...EXAMPLES_OF_HISTORY,
  ...EXAMPLES_OF_INBOX,
  ...EXAMPLES_OF_INSIGHTS,
  ...EXAMPLES_OF_KILLS,
  ...EXAMPLES_OF_LIVE_GRANTS,
  ...EXAMPLES_OF_NUDGES,
  ...EXAMPLES_OF_PASSKEYS,
  ...EXAMPLES_OF_POLICIES,
  ...EXAMPLES_OF_POLICY_HISTORY,
  ...EXAMPLES_OF_REQUESTABLE,
  ...EXAMPLES_OF_REVOCATIONS,
  ...EXAMPLES_OF_SESSIONS,
  ...EXAMPLES_OF_SLACK_LINKS,
  ...EXAMPLES_OF_STEP_UPS,
  ...EXAMPLES_OF_SUSPENSIONS,
};

/** What one operation is sent, and what it answers by status. */
export interface OperationExamples {
  readonly request?: unknown;
  readonly answers?: Readonly<Record<string, unknown>>;
}

/** Examples of what has no schema with a name, or is another than its schema's, by operation. */
export const OPERATION_EXAMPLES: Readonly<Record<string, OperationExamples>> = {
  ...OAUTH_EXAMPLES,
  escalationsCreate: { answers: { 201: ALLOWED_AT_ONCE } },
  passkeysOptions: { answers: { 200: CREATION_OPTIONS_EXAMPLE } },
  revocationsStream: { answers: { 200: REVOCATIONS_STREAM_EXAMPLE } },
  statusList: { answers: { 200: STATUS_LIST_EXAMPLE } },
  inboxStream: { answers: { 200: INBOX_STREAM_EXAMPLE } },
  healthAlive: { answers: { 200: { status: 'ok' } } },
};
