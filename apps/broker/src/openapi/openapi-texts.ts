/** What the description says before its first operation: how the loop goes, in ten lines. */
export const DESCRIPTION = `A just-in-time credential broker for AI agents. An agent holds nothing by default: it asks for one
task's authority, policy and people decide, and a short-lived token carries exactly what was approved.

How it goes:

1. The agent signs an assertion with its key: \`iss\` = \`sub\` = its id, \`aud\` = the issuer, two minutes at most, \`jti\` used once.
2. \`GET /v1/requestable\` tells it what it may ask for.
3. \`POST /v1/escalations\` asks: 201 when policy decides at once, 202 while people decide.
4. \`GET /v1/escalations/{id}\` with \`Prefer: wait=20\` answers when something changes.
5. A person reads the same escalation and decides by \`POST /v1/escalations/{id}/decisions\`, or by a click in Slack.
6. \`POST /oauth/token\` with the deferral code answers with the access token, once; with the ask itself it is step 3 too.
7. The resource server verifies it with \`/oauth/jwks\` and asks \`POST /v1/tokens/consume\` before it acts.
8. \`POST /v1/grants/{id}/complete\` reports the end of the task: grant and token end with it.
9. \`GET /v1/grants/{id}\` tells the whole story afterwards; it never disappears.
10. Refusals are problem details (RFC 9457) under \`/v1\` and RFC 6749 errors under \`/oauth\`: programs read \`code\` or \`error\`.

Any route answers 400 \`invalid_request\` to a foreign \`Host\` and 404 \`not_found\` to a method that it does not serve.
Times are RFC 3339 UTC with milliseconds, durations whole seconds, bodies at most 256 KiB.`;

/** What each group of operations is for, in the order of the loop. */
export const TAGS: readonly { readonly name: string; readonly description: string }[] = [
  { name: 'escalations', description: 'Agents ask, wait and withdraw.' },
  { name: 'inbox', description: 'What waits for a person, what they let happen, and what they should know before.' },
  { name: 'decisions', description: 'People decide, as they do in Slack.' },
  { name: 'oauth', description: 'The authorization server: the one place that mints, and what verifiers need.' },
  { name: 'tokens', description: 'Resource servers ask here before they act.' },
  { name: 'grants', description: 'What was granted ends: by its agent, or by somebody’s word.' },
  { name: 'agents', description: 'Agents as their people see them, and the kill switch for operators.' },
  { name: 'revocations', description: 'What ended before its time: kill switches, and how verifiers hear of it.' },
  { name: 'policies', description: 'The rules in force, what they would say, and what was in force before.' },
  { name: 'break-glass', description: 'Emergencies that passed people over, and what operators found about them.' },
  { name: 'insights', description: 'How people decide, and which rules might decide for them.' },
  { name: 'history', description: 'Who asked, which rule, who said yes, what was done, when it ended.' },
  {
    name: 'sessions',
    description: 'People sign in with their organisation, or with a one-time code from `npx writ login-link`.',
  },
  { name: 'health', description: 'Probes, without detail.' },
];

/** What `{id}` names, by the collection before it. */
export const PATH_IDS: Readonly<Record<string, { readonly description: string; readonly example: string }>> = {
  escalations: { description: 'Id of the escalation.', example: 'esc_01KAMZ0000000000000000000A' },
  grants: { description: 'Id of the grant.', example: 'grt_01KAMZ0000000000000000000B' },
  sessions: { description: 'Id of the session, as its list tells it.', example: 'kq3T0fYb1u2W' },
  passkeys: { description: 'Id of the credential, base64url.', example: 'c29mdHdhcmUta2V5LTAx' },
  agents: { description: 'Id of the agent in the configuration.', example: 'support-bot' },
  status: { description: 'Number of the list.', example: '1' },
  rules: { description: '`@id` of the policy, with `/` written as `%2F`.', example: 'refunds-need-the-oncall' },
};

/** Headers of answers, by operation and status. */
export const ANSWER_HEADERS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'escalationsCreate 201': { 'Idempotency-Replayed': '`true` when the answer is that of an earlier call.' },
  'escalationsCreate 202': {
    Location: 'The escalation.',
    'Retry-After': 'Seconds between polls.',
    'Idempotency-Replayed': '`true` when the answer is that of an earlier call.',
  },
  'escalationsRead 200': { 'Preference-Applied': 'The seconds waited at most, when `Prefer: wait` was sent.' },
  'token 200': { 'Idempotency-Replayed': '`true` when an ask was answered before.' },
  'token 409': { 'Retry-After': 'Seconds.' },
  'token 429': { 'Retry-After': 'Seconds.' },
  'sessionsOpen 204': { 'Set-Cookie': 'The session: HttpOnly, Secure, SameSite=Strict.' },
  'sessionsClose 204': { 'Set-Cookie': 'The session, cleared.' },
};
