import { ALLOWED_AT_ONCE, EXAMPLES_OF_ANSWERS } from '#contracts/answers.examples.js';
import { EXAMPLES_OF_ASKS } from '#contracts/ask/escalation.examples.js';
import { EXAMPLES_OF_CONSOLE } from '#contracts/configure/console.examples.js';
import { EXAMPLES_OF_NUDGES } from '#contracts/decide/nudge.examples.js';
import { EXAMPLES_OF_FATIGUE } from '#contracts/fatigue.examples.js';
import { EXAMPLES_OF_LIVE } from '#contracts/watch/live.examples.js';
import { EXAMPLES_OF_COMMENTS } from '#contracts/people/comments.examples.js';
import { CREATION_OPTIONS_EXAMPLE, EXAMPLES_OF_PASSKEYS } from '#contracts/people/passkeys.examples.js';
import { EXAMPLES_OF_POLICY_HISTORY } from '#contracts/configure/policy-history.examples.js';
import { EXAMPLES_OF_REQUESTS } from '#contracts/requests.examples.js';
import { EXAMPLES_OF_HISTORY } from '#contracts/watch/history.examples.js';
import { EXAMPLES_OF_INBOX, INBOX_STREAM_EXAMPLE } from '#contracts/watch/inbox.examples.js';
import {
  EXAMPLES_OF_REVOCATIONS,
  REVOCATIONS_STREAM_EXAMPLE,
  STATUS_LIST_EXAMPLE,
} from '#contracts/watch/revocations.examples.js';
import { OAUTH_EXAMPLES } from '../api/oauth/openapi.examples.js';

/** One example of each body and answer, by the name of its schema. They stand beside the DTOs. */
export const SCHEMA_EXAMPLES: Readonly<Record<string, unknown>> = {
  ...EXAMPLES_OF_ANSWERS,
  ...EXAMPLES_OF_ASKS,
  ...EXAMPLES_OF_COMMENTS,
  ...EXAMPLES_OF_CONSOLE,
  ...EXAMPLES_OF_FATIGUE,
  ...EXAMPLES_OF_HISTORY,
  ...EXAMPLES_OF_INBOX,
  ...EXAMPLES_OF_LIVE,
  ...EXAMPLES_OF_NUDGES,
  ...EXAMPLES_OF_PASSKEYS,
  ...EXAMPLES_OF_POLICY_HISTORY,
  ...EXAMPLES_OF_REQUESTS,
  ...EXAMPLES_OF_REVOCATIONS,
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
