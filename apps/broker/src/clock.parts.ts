import type { Provider } from '@nestjs/common';
import { EscalationMarks } from '#escalations/escalation-marks.js';
import { NudgeEscalation } from '#escalations/nudge-escalation.js';
import { RemindEscalation } from '#escalations/remind-escalation.js';
import { TypicalTimes } from '#escalations/typical-times.js';
import { PostgresEscalationMarks, PostgresTypicalTimes } from '#persistence/postgres-clock.js';

/** What happens to a request while nobody decides it. */
export const clockParts: Provider[] = [
  { provide: EscalationMarks, useClass: PostgresEscalationMarks },
  { provide: TypicalTimes, useClass: PostgresTypicalTimes },
  RemindEscalation,
  NudgeEscalation,
];
