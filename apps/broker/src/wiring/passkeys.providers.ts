import { randomBytes } from 'node:crypto';
import type { Provider } from '@nestjs/common';
import { ApproverLimits } from '#escalations/decide/approver-limits.js';
import { Passkeys } from '#escalations/people/passkeys.js';
import { Store } from '#escalations/ports.js';
import { PasskeyEnrolment } from '#identity/passkeys/passkey-enrolment.js';
import { StepUps } from '#identity/passkeys/step-ups.js';
import { PostgresPasskeys } from '#persistence/people/postgres-passkeys.js';
import { BrokerIdentity } from '#platform/http/broker-identity.js';

/** How people get passkeys, and how they sign with them. */
export const passkeyProviders: Provider[] = [
  { provide: Passkeys, useClass: PostgresPasskeys },
  {
    provide: PasskeyEnrolment,
    useFactory: (passkeys: Passkeys, store: Store, { issuer }: BrokerIdentity) =>
      new PasskeyEnrolment(passkeys, store, randomBytes, issuer),
    inject: [Passkeys, Store, BrokerIdentity],
  },
  {
    provide: StepUps,
    useFactory: (passkeys: Passkeys, store: Store, cuts: ApproverLimits, { issuer }: BrokerIdentity) =>
      new StepUps(passkeys, store, cuts, randomBytes, issuer),
    inject: [Passkeys, Store, ApproverLimits, BrokerIdentity],
  },
];
