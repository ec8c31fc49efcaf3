import type { Provider } from '@nestjs/common';
import { EscalationMarks } from '#escalations/decide/reminders-given.js';
import { NudgeEscalation } from '#escalations/decide/nudge-escalation.js';
import { RemindEscalation } from '#escalations/decide/remind-escalation.js';
import { TypicalTimes } from '#escalations/watch/typical-times.js';
import { PostgresEscalationMarks } from '#persistence/decide/postgres-reminders.js';
import { PostgresTypicalTimes } from '#persistence/watch/postgres-typical-times.js';

/** What happens to a request while nobody decides it. */
export const clockParts: Provider[] = [
  { provide: EscalationMarks, useClass: PostgresEscalationMarks },
  { provide: TypicalTimes, useClass: PostgresTypicalTimes },
  RemindEscalation,
  NudgeEscalation,
];
