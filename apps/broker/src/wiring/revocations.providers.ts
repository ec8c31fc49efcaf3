import type { Provider } from '@nestjs/common';
import { CompromiseKey } from '#escalations/keys/compromise-key.js';
import { KillSwitch } from '#escalations/end/kill-switch.js';
import { FollowRevocations } from '#escalations/watch/revocation-feed.js';
import { RevocationLog } from '#escalations/watch/revocation-log.js';
import { ReadStatusList, StatusListSource } from '#escalations/watch/status-list.js';
import { PostgresRevocationLog } from '#persistence/watch/postgres-revocation-log.js';
import { PostgresStatusLists } from '#persistence/watch/postgres-status-lists.js';

/** What ends before its time, and how verifiers hear of it. */
export const revocationProviders: Provider[] = [
  { provide: RevocationLog, useClass: PostgresRevocationLog },
  { provide: StatusListSource, useClass: PostgresStatusLists },
  FollowRevocations,
  ReadStatusList,
  CompromiseKey,
  KillSwitch,
];
