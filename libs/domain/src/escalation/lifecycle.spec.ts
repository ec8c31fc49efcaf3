import { describe, expect, it } from '@jest/globals';
import {
  ESCALATION_BIRTH,
  ESCALATION_CHANGES,
  ESCALATION_STATES,
  nextEscalationStatus,
  type EscalationChange,
} from '#domain/escalation/lifecycle.js';

describe('an escalation', () => {
  it('has five states; one is open and leads to the other four', () => {
    expect(ESCALATION_STATES).toEqual(['pending', 'approved', 'denied', 'cancelled', 'lapsed']);
    expect(new Set(ESCALATION_CHANGES.map((change) => nextEscalationStatus('pending', change)))).toEqual(
      new Set(ESCALATION_STATES),
    );
  });

  it.each(
    ESCALATION_STATES.filter((state) => state !== 'pending').flatMap((state) =>
      ESCALATION_CHANGES.map((change) => [state, change] as const),
    ),
  )('that is %s is not %s again: what has ended absorbs', (state, change) =>
    expect(nextEscalationStatus(state, change)).toBeNull(),
  );

  it('is born open, approved or denied, never cancelled or lapsed', () => {
    expect(Object.values(ESCALATION_BIRTH)).toEqual(['pending', 'approved', 'denied']);
  });

  it.each(['constructor', 'toString', '__proto__'])('does not change by %s', (change) => {
    expect(typeof nextEscalationStatus('pending', change as EscalationChange)).not.toBe('string');
  });
});
