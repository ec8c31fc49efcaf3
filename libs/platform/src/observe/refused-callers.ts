import type { AuthenticationFailure } from '#identity/agents/authentication-failure.js';
import { AuthenticationWatch } from '#identity/ports.js';
import type { JsonLog } from './log.js';
import type { Metrics } from './metrics.js';

const MINUTE_MS = 60_000;
/** Names that nobody has registered can be made up without end; those who are registered are always told of. */
const STRANGERS_TOLD_MAX = 200;
/** Browsers without a session and probes: counted, and told only to who looks closely. */
const EVERYDAY: ReadonlySet<string> = new Set(['no_credentials', 'no_session']);

/**
 * Tells the operator who is refused and why: one line for each client, reason and minute, with how often since the line
 * before it, and every refusal in the metric. Holds no credential: names are bounded and printable when they get here.
 */
export class RefusedCallers extends AuthenticationWatch {
  private readonly since = new Map<string, number>();
  private told = new Set<string>();
  private strangers = 0;
  private minute = 0;

  constructor(
    private readonly log: JsonLog,
    private readonly metrics: Pick<Metrics, 'authRefused'>,
    private readonly nowMs: () => number = Date.now,
  ) {
    super();
  }

  override refused({ reason, detail, claimed }: AuthenticationFailure): void {
    this.metrics.authRefused.inc({ reason });
    this.turn();
    const { client, registered, issuer, subject } = claimed;
    const key = JSON.stringify([reason, client ?? null, issuer ?? null, subject ?? null]);
    const known = registered === true;
    const isNew = !this.told.has(key);
    if (isNew && !known && (this.strangers += 1) > STRANGERS_TOLD_MAX) return this.tooMany();
    const times = (this.since.get(key) ?? 0) + 1;
    if (!isNew) return void this.since.set(key, times);
    this.told.add(key);
    this.since.set(key, 0);
    const who = { client, ...(client === undefined ? {} : { registered: known }), issuer, subject };
    this.log.line(EVERYDAY.has(reason) ? 'debug' : 'warn', 'a caller was not authenticated', {
      reason,
      detail,
      ...who,
      times,
    });
  }

  private turn(): void {
    const minute = Math.floor(this.nowMs() / MINUTE_MS);
    if (minute === this.minute) return;
    this.minute = minute;
    this.strangers = 0;
    // What was counted goes into the first line of the next minute in which they call; a caller that calls no more is forgotten.
    for (const key of this.since.keys()) if (!this.told.has(key)) this.since.delete(key);
    this.told = new Set();
  }

  private tooMany(): void {
    if (this.strangers !== STRANGERS_TOLD_MAX + 1) return;
    this.log.line('warn', 'more callers are refused than are told of one by one; writ_auth_refused_total counts all');
  }
}
