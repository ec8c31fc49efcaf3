import { randomBytes } from 'node:crypto';
import type { Provider } from '@nestjs/common';
import { CompromiseKey } from '#escalations/keys/compromise-key.js';
import { KillSwitch } from '#escalations/end/kill-switch.js';
import { Store } from '#escalations/ports.js';
import { FollowRevocations, RevocationLog } from '#escalations/watch/revocation-feed.js';
import { ReadStatusList, StatusListSource } from '#escalations/watch/status-list.js';
import { SuspendAgent } from '#escalations/end/suspend-agent.js';
import { PostgresRevocationLog } from '#persistence/watch/postgres-revocation-log.js';
import { PostgresStatusLists } from '#persistence/watch/postgres-status-lists.js';
import { WrappedKeyMaker } from '#tokens/wrapped-key-maker.js';
import type { Opened } from '../serve/open.js';

/** What ends before its time, and how verifiers hear of it. */
export function revocationProviders({ masterKey }: Opened): Provider[] {
  return [
    { provide: RevocationLog, useClass: PostgresRevocationLog },
    { provide: StatusListSource, useClass: PostgresStatusLists },
    FollowRevocations,
    ReadStatusList,
    {
      provide: KillSwitch,
      useFactory: (store: Store, agents: SuspendAgent) =>
        new KillSwitch(store, agents, new CompromiseKey(store, new WrappedKeyMaker(masterKey, randomBytes))),
      inject: [Store, SuspendAgent],
    },
  ];
}
