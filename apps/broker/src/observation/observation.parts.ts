import type { Provider } from '@nestjs/common';
import { JobWatch } from '#delivery/job-watch.js';
import { FigureSource, TraceDirectory, Witness } from '#escalations/observation.js';
import { ConfigurationStore } from '#escalations/configuration-store.js';
import { RegistrySource, TokenMint } from '#escalations/ports.js';
import { LiveRegistry } from '#escalations/live-registry.js';
import type { DatabasePool } from '#persistence/pool.js';
import { PostgresFigures } from '#persistence/postgres-figures.js';
import { PostgresTraces } from '#persistence/postgres-traces.js';
import { Metrics } from '#platform/metrics.js';
import { MetricsPage } from '#platform/metrics-page.js';
import { Tracer } from '#platform/tracing/tracer.js';
import { RingTokenMint } from '#tokens/ring-token-mint.js';
import type { Opened } from '../open.js';
import { Readiness } from '../readiness.js';
import { BusinessLog } from './business-log.js';
import { CommitObserver } from './commit-observer.js';
import { ObservedMint, ObservedRegistry, ObservingJobWatch } from './watches.js';

/** What watches, and the ports that are watched. */
export function observationParts({ observation, keyRing, issuer, pool }: ObservationNeeds): Provider[] {
  return [
    { provide: Metrics, useValue: observation.metrics },
    { provide: Tracer, useValue: observation.tracer },
    { provide: TraceDirectory, useClass: PostgresTraces },
    BusinessLog,
    { provide: Witness, useClass: CommitObserver },
    { provide: JobWatch, useValue: new ObservingJobWatch(observation) },
    { provide: TokenMint, useValue: new ObservedMint(new RingTokenMint(keyRing, issuer), observation) },
    {
      provide: RegistrySource,
      useFactory: (store: ConfigurationStore) => new ObservedRegistry(new LiveRegistry(store), observation),
      inject: [ConfigurationStore],
    },
    { provide: FigureSource, useClass: PostgresFigures },
    {
      provide: MetricsPage,
      useFactory: (figures: FigureSource, readiness: Readiness) =>
        new MetricsPage(observation.metrics, figures, async () => ({
          connections: connectionsOf(pool),
          writable: await readiness.writable(),
          relayFailing: readiness.relayFails(),
          spansDropped: observation.tracer.dropped,
        })),
      inject: [FigureSource, Readiness],
    },
  ];
}

type ObservationNeeds = Pick<Opened, 'observation' | 'keyRing' | 'issuer' | 'pool'>;

function connectionsOf(pool: DatabasePool): { total: number; idle: number; waiting: number } {
  return { total: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount };
}
