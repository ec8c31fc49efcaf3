import { LIMITS } from '#domain/limits.js';

/**
 * What keeps one caller's calls of a route from being everybody's trouble.
 *
 * `counted`: so many a minute for each caller and route, then 429. A call that leaves rows behind is counted in the database,
 * for all processes together; one that only reads, in the process, because all it can spend is the caller's own share of that.
 * `turns`: no number: so many are served at once, callers in turns (admission-lanes.ts), whoever waits too long comes again.
 * Strangers only ever have turns, by network: a number would be one that they can spend for others behind the same proxy.
 * `ruled`: the use case counts, by a rule of its own.
 * `free`: answers from memory, or proves the caller before any work.
 */
export type Budget =
  | { readonly kind: 'counted'; readonly over: 'database' | 'process'; readonly perMinute: number | 'as asks' }
  | { readonly kind: 'turns' }
  | { readonly kind: 'ruled' | 'free'; readonly because: string };

const free = (because: string): Budget => ({ kind: 'free', because });
const shared = (perMinute: number | 'as asks'): Budget => ({ kind: 'counted', over: 'database', perMinute });
const own = (perMinute: number): Budget => ({ kind: 'counted', over: 'process', perMinute });
const TURNS: Budget = { kind: 'turns' };

/** Pages and polls: far above what a page or a loop with a pause asks for. */
const READS = own(3_000);
/** What reads or reckons over many rows. */
const HEAVY_READS = own(600);
/** What people write by hand. */
const BY_HAND = shared(60);
const VOTES = shared(300);
/** Ending authority is never held up, so this number is one that no script comes near to. */
const ENDS = own(6_000);
/** Signs and ends of an agent's own grants: each leaves a row, and a fleet may run under one name. */
const OWN_GRANTS = own(12_000);

/** Every route of the broker by method and template. A test compares it with the description and with what is served. */
export const BUDGETS: Readonly<Record<string, Budget>> = {
  'GET /healthz': free('touches nothing'),
  'GET /readyz': free(
    'a probe; its look at the database is one statement, and details are for operators, who are proved first',
  ),
  'GET /metrics': free('for this machine, or proved first'),
  'GET /openapi.json': free('from memory'),
  'GET /docs': free('from memory'),
  'GET /': free('from memory'),
  'GET /assets/:name': free('from memory'),
  'GET /.well-known/oauth-authorization-server': free('from memory'),
  'GET /.well-known/openid-configuration': free('from memory'),
  'GET /oauth/jwks': free('one reading of the store for all who ask'),
  'GET /status': TURNS,
  'GET /status/:list': TURNS,
  'POST /slack/events': free('Slack’s signature is proved before any work'),
  'GET /auth/login': free('makes a sealed cookie and a redirect; the provider is asked at most every two seconds'),
  'GET /auth/callback': TURNS,
  'POST /v1/sessions': TURNS,
  'GET /v1/sessions/options': free('from memory'),

  'POST /oauth/token': TURNS,
  'POST /oauth/introspect': TURNS,
  'POST /oauth/revoke': TURNS,
  'POST /v1/tokens/consume': TURNS,
  'GET /v1/revocations': READS,
  'GET /v1/revocations/stream': READS,

  'POST /v1/escalations': { kind: 'ruled', because: 'limits.creates_per_minute, in the asking transaction' },
  'POST /v1/escalations/evaluate': shared('as asks'),
  'GET /v1/requestable': BY_HAND,
  'GET /v1/escalations/:id': READS,
  'POST /v1/escalations/:id/cancel': OWN_GRANTS,
  'POST /v1/grants/:id/heartbeat': OWN_GRANTS,
  'POST /v1/grants/:id/complete': OWN_GRANTS,

  'POST /v1/escalations/:id/decisions': VOTES,
  'POST /v1/escalations/:id/step-up': BY_HAND,
  'POST /v1/escalations/:id/comments': BY_HAND,
  'POST /v1/escalations/:id/nudge': BY_HAND,
  'POST /v1/escalations/:id/review': BY_HAND,
  'GET /v1/escalations/:id/context': HEAVY_READS,
  'GET /v1/inbox': READS,
  'GET /v1/inbox/stream': READS,
  'GET /v1/people/agents': READS,
  'GET /v1/people/agents/:id': HEAVY_READS,
  'GET /v1/people/grants': READS,
  'GET /v1/people/grants/counts': HEAVY_READS,
  'GET /v1/policies': READS,
  'GET /v1/policies/catalogue': READS,
  'GET /v1/policies/changes': HEAVY_READS,
  'GET /v1/policies/diff': HEAVY_READS,
  'GET /v1/policies/:version': HEAVY_READS,
  'POST /v1/policies/evaluate': shared(LIMITS.dryRunsPerMinute),

  'GET /v1/passkeys': READS,
  'POST /v1/passkeys/options': BY_HAND,
  'POST /v1/passkeys': BY_HAND,
  'DELETE /v1/passkeys/:id': BY_HAND,
  'GET /v1/slack-links': READS,
  'POST /v1/slack-links': BY_HAND,
  'DELETE /v1/slack-links/:id': BY_HAND,
  'GET /v1/sessions/current': READS,
  'DELETE /v1/sessions/current': ENDS,
  'GET /v1/people/sessions': READS,
  'DELETE /v1/people/sessions/:id': ENDS,

  'POST /v1/grants/:id/revoke': ENDS,
  'POST /v1/agents/:id/suspend': ENDS,
  'POST /v1/agents/:id/resume': ENDS,
  'POST /v1/agents/:id/deny-pending': ENDS,
  'POST /v1/kill': ENDS,

  'GET /v1/grants': READS,
  'GET /v1/grants/:id': READS,
  'GET /v1/audit/events': READS,
  'GET /v1/break-glass': READS,
  'GET /v1/insights/approvers': HEAVY_READS,
  'GET /v1/insights/rules': HEAVY_READS,
  'POST /v1/insights/rules/:id/proposal': BY_HAND,
};

/** A route that nobody has thought about gets little. */
export const UNDECLARED: Budget = shared(30);

/** How the table names a request's route. */
export function routeName(method: string, url: string): string {
  return `${method === 'HEAD' ? 'GET' : method} ${url}`;
}
