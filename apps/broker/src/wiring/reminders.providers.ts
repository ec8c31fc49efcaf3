import type { Provider } from '@nestjs/common';
import { RemindersGiven } from '#escalations/decide/reminders-given.js';
import { NudgeEscalation } from '#escalations/decide/nudge-escalation.js';
import { RemindEscalation } from '#escalations/decide/remind-escalation.js';
import { TypicalTimes } from '#escalations/watch/typical-times.js';
import { PostgresRemindersGiven } from '#persistence/decide/postgres-reminders.js';
import { PostgresTypicalTimes } from '#persistence/watch/postgres-typical-times.js';

/** What happens to a request while nobody decides it. */
export const reminderProviders: Provider[] = [
  { provide: RemindersGiven, useClass: PostgresRemindersGiven },
  { provide: TypicalTimes, useClass: PostgresTypicalTimes },
  RemindEscalation,
  NudgeEscalation,
];
