import type { Provider } from '@nestjs/common';
import { RecordHeartbeat } from '#escalations/use/record-heartbeat.js';
import { PolicyTightening } from '#escalations/judge/policy-tightening.js';
import { LiveGrants, ReevaluateGrants } from '#escalations/configure/reevaluate-grants.js';
import { RenewToken } from '#escalations/collect/renew-token.js';
import { PostgresLiveGrants } from '#persistence/configure/postgres-live-grants.js';

/** What keeps a grant alive, and what ends it when the configuration is tightened. */
export const grantProviders: Provider[] = [
  PolicyTightening,
  RenewToken,
  RecordHeartbeat,
  { provide: LiveGrants, useClass: PostgresLiveGrants },
  ReevaluateGrants,
];
