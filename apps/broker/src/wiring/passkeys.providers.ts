import type { Provider } from '@nestjs/common';
import { Passkeys } from '#escalations/people/passkeys.js';
import { PasskeyEnrolment } from '#identity/passkeys/passkey-enrolment.js';
import { StepUps } from '#identity/passkeys/step-ups.js';
import { PostgresPasskeys } from '#persistence/people/postgres-passkeys.js';

/** How people get passkeys, and how they sign with them. */
export const passkeyProviders: Provider[] = [
  { provide: Passkeys, useClass: PostgresPasskeys },
  PasskeyEnrolment,
  StepUps,
];
