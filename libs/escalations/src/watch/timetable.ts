import { Injectable } from '@nestjs/common';
import { timetableOf, isTaken } from '#domain/approval/timetable.js';
import { TimetablePart, type ShownTimetable } from './context/timetable-part.js';
import type { EscalationRow } from '../rows/escalation.js';

/** The clock as people see it: what happens when. How fast others decide is not there: it would hurry them. */
@Injectable()
export class Timetable extends TimetablePart {
  override of(escalation: EscalationRow, now: number): ShownTimetable {
    const until = Math.min(now, escalation.decidedAt ?? now);
    const steps = timetableOf(escalation).map((step) => ({
      at: step.at,
      step: step.step,
      ...(step.step === 'deputy_asked' ? { group: step.deputy } : {}),
      done: isTaken(escalation, step, escalation.reminded, until),
    }));
    return { steps };
  }
}
