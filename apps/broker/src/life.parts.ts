import type { Provider } from '@nestjs/common';
import { HearOfGrant } from '#escalations/hear-of-grant.js';
import { PolicyTightening } from '#escalations/policy-tightening.js';
import { LiveGrants, ReevaluateGrants } from '#escalations/reevaluate-grants.js';
import { RenewToken } from '#escalations/renew-token.js';
import { PostgresLiveGrants } from '#persistence/postgres-live-grants.js';

/** What keeps a grant alive, and what ends it when the configuration is tightened. */
export const lifeParts: Provider[] = [
  PolicyTightening,
  RenewToken,
  HearOfGrant,
  { provide: LiveGrants, useClass: PostgresLiveGrants },
  ReevaluateGrants,
];
