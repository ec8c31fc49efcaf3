import { clockSteps } from '#domain/approval/clock.js';
import type { EscalationRow, OutboxEntry } from '../rows.js';

/** What must follow a request that waits for people: its card, notices, one job for each reminder, and its end. */
export function afterAsking(escalation: EscalationRow): OutboxEntry[] {
  const payload = { id: escalation.id };
  return [
    { topic: 'card.publish', payload },
    ...clockSteps(escalation).flatMap(({ step, at }): OutboxEntry[] =>
      step === 'reminder' ? [{ topic: 'reminder.escalation', payload, afterMs: at }] : [],
    ),
    { topic: 'deadline.escalation', payload, afterMs: escalation.deadline },
    { topic: 'notice.send', payload },
  ];
}
