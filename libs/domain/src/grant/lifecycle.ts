/** THE table of a grant; twin of `grant_transitions` in SQL. `ready` waits to be collected, `active` has a running clock. */
export const GRANT_BIRTH = { issued: 'ready' } as const;

export const GRANT_TRANSITIONS = {
  ready: { activated: 'active', completed: 'completed', revoked: 'revoked', expired: 'expired' },
  active: { used: 'active', completed: 'completed', revoked: 'revoked', expired: 'expired' },
  completed: {},
  expired: {},
  revoked: {},
} as const satisfies Record<string, Partial<Record<string, string>>>;

export type GrantStatus = keyof typeof GRANT_TRANSITIONS;
export type GrantChange = 'activated' | 'used' | 'completed' | 'revoked' | 'expired';

export const GRANT_STATES = Object.keys(GRANT_TRANSITIONS) as GrantStatus[];
export const GRANT_CHANGES: readonly GrantChange[] = ['activated', 'used', 'completed', 'revoked', 'expired'];

/** The state after `change`, or `null` when the table does not allow it. */
export function nextGrantStatus(from: GrantStatus, change: GrantChange): GrantStatus | null {
  const row: Partial<Record<GrantChange, GrantStatus>> = GRANT_TRANSITIONS[from];
  return row[change] ?? null;
}

/** Why a grant ended (contract section 7). */
export const END_REASONS = [
  'done',
  'used_up',
  'silence',
  'parent_ended',
  'agent_suspended',
  'key_compromised',
  'policy_changed',
  'revoked_by_person',
  'revoked_by_agent',
  'ttl',
  'not_collected',
  'restored',
] as const;

export type EndReason = (typeof END_REASONS)[number];
