import { randomBytes } from 'node:crypto';
import type { Provider } from '@nestjs/common';
import { ApproverLimits } from '#escalations/decide/approver-limits.js';
import { Passkeys } from '#escalations/people/passkeys.js';
import { Reader, UnitOfWork } from '#escalations/ports.js';
import { PasskeyEnrolment } from '#identity/passkeys/passkey-enrolment.js';
import { StepUps } from '#identity/passkeys/step-ups.js';
import { PostgresPasskeys } from '#persistence/people/postgres-passkeys.js';
import { BrokerIdentity } from '#platform/http/broker-identity.js';

/** How people get passkeys, and how they sign with them. */
export const passkeyParts: Provider[] = [
  { provide: Passkeys, useClass: PostgresPasskeys },
  {
    provide: PasskeyEnrolment,
    useFactory: (passkeys: Passkeys, unitOfWork: UnitOfWork, reader: Reader, { issuer }: BrokerIdentity) =>
      new PasskeyEnrolment({ passkeys, unitOfWork, reader }, randomBytes, issuer),
    inject: [Passkeys, UnitOfWork, Reader, BrokerIdentity],
  },
  {
    provide: StepUps,
    useFactory: (passkeys: Passkeys, reader: Reader, cuts: ApproverLimits, { issuer }: BrokerIdentity) =>
      new StepUps(passkeys, reader, cuts, randomBytes, issuer),
    inject: [Passkeys, Reader, ApproverLimits, BrokerIdentity],
  },
];
