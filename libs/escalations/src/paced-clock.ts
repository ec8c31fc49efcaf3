import { Injectable } from '@nestjs/common';
import { clockSteps, isTaken } from '#domain/approval/clock.js';
import { ClockPart, type Clock } from './context/clock-part.js';
import { TypicalTimes } from './typical-times.js';
import type { EscalationRow } from './rows.js';

/** The clock as people see it: what happens when, and how long such a request usually takes. */
@Injectable()
export class PacedClock extends ClockPart {
  constructor(private readonly times: TypicalTimes) {
    super();
  }

  override async of(escalation: EscalationRow, now: number): Promise<Clock> {
    const until = Math.min(now, escalation.decidedAt ?? now);
    const steps = clockSteps(escalation).map((step) => ({
      at: step.at,
      step: step.step,
      ...(step.step === 'deputy_asked' ? { group: step.deputy } : {}),
      done: isTaken(escalation, step, escalation.reminded ?? [], until),
    }));
    return { steps, typicalSeconds: await this.times.secondsOf(escalation.id) };
  }
}
