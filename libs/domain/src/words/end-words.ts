import type { CancelCause } from '../escalation/lifecycle.js';
import type { EndReason } from '../grant/lifecycle.js';

/** Why a grant ended, as a clause for after a colon. A reason without its words here does not compile. */
const ENDS: Readonly<Record<EndReason, string>> = {
  done: 'the agent finished its task',
  used_up: 'every use was spent',
  silence: 'the agent fell silent',
  parent_ended: 'the grant it came from ended',
  agent_suspended: 'the agent was suspended',
  key_compromised: 'the key that signed its token was declared compromised',
  policy_changed: 'the approval no longer stands',
  revoked_by_person: 'a person revoked it',
  revoked_by_agent: 'the agent gave it back',
  ttl: 'its time was over',
  not_collected: 'the agent did not collect it in time',
  restored: 'the database was restored',
};

/** Why a request was cancelled, where its agent did not do it. */
const CANCELLED: Readonly<Record<Exclude<CancelCause, 'cancelled_by_agent'>, string>> = {
  agent_suspended: 'the agent was suspended',
  task_killed: 'the task was ended',
  restored: 'the database was restored',
  parent_ended: 'the grant it came from ended',
  configuration: 'what it asks for was taken out of the configuration',
};

/** Why a grant ended, in words: `its time was over`. */
export function endWords(reason: EndReason): string {
  return ENDS[reason];
}

/** The same of a stored value; `null` for what is no reason that this version knows. */
export function endWordsOf(reason: unknown): string | null {
  return own(ENDS, reason);
}

/**
 * How a request was cancelled, of a stored cause: `cancelled by support-bot`, `cancelled: the agent was suspended`;
 * `cancelled` alone for a cause that this version does not know.
 * @param agent what the agent is called there
 */
export function cancelledWords(cause: unknown, agent = 'the agent'): string {
  if (cause === ('cancelled_by_agent' satisfies CancelCause)) return `cancelled by ${agent}`;
  const why = own(CANCELLED, cause);
  return why === null ? 'cancelled' : `cancelled: ${why}`;
}

function own(table: Readonly<Record<string, string>>, key: unknown): string | null {
  return typeof key === 'string' && Object.hasOwn(table, key) ? (table[key] ?? null) : null;
}
