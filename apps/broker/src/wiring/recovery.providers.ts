import { randomBytes } from 'node:crypto';
import type { Provider } from '@nestjs/common';
import { RedisCell } from '#delivery/bull/redis-cell.js';
import { RestoreReader, Restores } from '#escalations/recover/restore.js';
import { PostgresRestoreReader } from '#persistence/recover/postgres-restores.js';
import { CounterAlarm, CounterUpkeep, KeepCounters } from '#escalations/ask/keep-counters.js';
import { ConfigurationStore } from '#escalations/judge/configuration-store.js';
import { RotateDueKeys } from '#escalations/keys/rotate-due-keys.js';
import { CommandObserver, HistoryAlarm, HistoryComparison, WatchHistory } from '#escalations/watch/watch-history.js';
import { PostgresCounterUpkeep } from '#persistence/ask/postgres-counter-upkeep.js';
import { PostgresHistoryComparison } from '#persistence/watch/postgres-history-comparison.js';
import { Metrics } from '#platform/observe/metrics.js';
import { KeyMaker } from '#escalations/keys/signing-keys.js';
import { deriveKey } from '#tokens/master-key.js';
import { WrappedKeyMaker } from '#tokens/wrapped-key-maker.js';
import { RestoreMarkerCopy } from '../recover/restore-marker-copy.js';
import { RestoreMarkerFile } from '../recover/restore-marker-file.js';
import { RestoreMarkerSeal } from '../recover/restore-marker-seal.js';
import { BusinessLog } from '../observation/business-log.js';
import { ToldCounterAlarm } from '../observation/counter-alarm.js';
import { ToldHistoryAlarm } from '../observation/history-alarm.js';
import type { Opened } from '../serve/open.js';
import { ConfigurationWatch } from '../configure/configuration-watch.js';
import { RestoreWatch } from '../recover/restore-watch.js';

/** What a broker does about itself, in every role: it notices that the database was put back, and has keys rotated. */
export function upkeepProviders({ environment, masterKey }: Pick<Opened, 'environment' | 'masterKey'>): Provider[] {
  const { dataDir, redisUrl } = environment;
  // On somebody's database the sample is nobody's wish when no folder was named.
  const comparesFolder = environment.configNamed || environment.database.kind === 'embedded';
  const seal = new RestoreMarkerSeal(deriveKey(masterKey, 'high-water'));
  return [
    { provide: RestoreReader, useClass: PostgresRestoreReader },
    Restores,
    { provide: RestoreMarkerFile, useValue: new RestoreMarkerFile(dataDir, seal) },
    {
      provide: RestoreMarkerCopy,
      useFactory: () =>
        new RestoreMarkerCopy(redisUrl === null ? null : new RedisCell(redisUrl, `writ:high-water:${seal.name}`), seal),
    },
    RestoreWatch,
    { provide: KeyMaker, useValue: new WrappedKeyMaker(masterKey, randomBytes) },
    RotateDueKeys,
    { provide: CommandObserver, useExisting: BusinessLog },
    { provide: HistoryComparison, useClass: PostgresHistoryComparison },
    { provide: HistoryAlarm, useClass: ToldHistoryAlarm },
    WatchHistory,
    { provide: CounterUpkeep, useClass: PostgresCounterUpkeep },
    { provide: CounterAlarm, useClass: ToldCounterAlarm },
    KeepCounters,
    {
      provide: ConfigurationWatch,
      useFactory: (store: ConfigurationStore, metrics: Metrics) =>
        new ConfigurationWatch(comparesFolder ? environment : null, store, metrics.configurationDrift),
      inject: [ConfigurationStore, Metrics],
    },
  ];
}
