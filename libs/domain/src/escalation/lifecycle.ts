/**
 * THE table of an escalation. SQL holds the same pairs in `escalation_transitions`, whose trigger refuses every other;
 * a test compares the two. A state without a row absorbs.
 */
export const ESCALATION_BIRTH = {
  requested: 'pending',
  allowed: 'approved',
  refused: 'denied',
} as const;

export const ESCALATION_TRANSITIONS = {
  pending: { voted: 'pending', approved: 'approved', denied: 'denied', cancelled: 'cancelled', lapsed: 'lapsed' },
  approved: {},
  denied: {},
  cancelled: {},
  lapsed: {},
} as const satisfies Record<string, Partial<Record<string, string>>>;

export type EscalationStatus = keyof typeof ESCALATION_TRANSITIONS;
export type EscalationBirth = keyof typeof ESCALATION_BIRTH;
export type EscalationChange = keyof (typeof ESCALATION_TRANSITIONS)['pending'];

/** Every state and every event, for the tests that walk all pairs. */
export const ESCALATION_STATES = Object.keys(ESCALATION_TRANSITIONS) as EscalationStatus[];
export const ESCALATION_CHANGES = Object.keys(ESCALATION_TRANSITIONS.pending) as EscalationChange[];

/** The state after `change`, or `null` when the table does not allow it. */
export function nextEscalationStatus(from: EscalationStatus, change: EscalationChange): EscalationStatus | null {
  const row: Partial<Record<EscalationChange, EscalationStatus>> = ESCALATION_TRANSITIONS[from];
  return row[change] ?? null;
}

/** What cancels a request that waits, as the history has it. */
export const CANCEL_CAUSES = [
  'cancelled_by_agent',
  'agent_suspended',
  'task_killed',
  'restored',
  'parent_ended',
  'configuration',
] as const;

export type CancelCause = (typeof CANCEL_CAUSES)[number];
