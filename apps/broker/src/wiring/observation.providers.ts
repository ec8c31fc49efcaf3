import type { Provider } from '@nestjs/common';
import { JobWatch } from '#delivery/bull/job-watch.js';
import { FigureSource, TraceDirectory, Observer } from '#escalations/watch/observation.js';
import { RegistrySource, TokenMint } from '#escalations/ports.js';
import { LiveRegistry } from '#escalations/judge/configuration-in-force.js';
import type { DatabasePool } from '#persistence/connection/pool.js';
import { PostgresFigures } from '#persistence/watch/postgres-figures.js';
import { PostgresTraces } from '#persistence/ask/postgres-traces.js';
import { Metrics } from '#platform/observe/metrics.js';
import { MetricsPage } from '#platform/observe/metrics-page.js';
import { Tracer } from '#platform/observe/tracer.js';
import { RingTokenMint } from '#tokens/ring-token-mint.js';
import type { Opened } from '../serve/open.js';
import { Readiness } from '../serve/readiness.js';
import { BusinessLog } from '../observation/business-log.js';
import { CommitObserver } from '../observation/commit-observer.js';
import { ObservedMint, ObservedRegistry, ObservingJobWatch } from '../observation/observed-ports.js';

/** What watches, and the ports that are watched. */
export function observationProviders({ observation, keyRing, issuer, pool }: ObservationNeeds): Provider[] {
  return [
    { provide: Metrics, useValue: observation.metrics },
    { provide: Tracer, useValue: observation.tracer },
    { provide: TraceDirectory, useClass: PostgresTraces },
    BusinessLog,
    { provide: Observer, useClass: CommitObserver },
    { provide: JobWatch, useValue: new ObservingJobWatch(observation) },
    { provide: TokenMint, useValue: new ObservedMint(new RingTokenMint(keyRing, issuer), observation) },
    LiveRegistry,
    { provide: RegistrySource, useClass: ObservedRegistry },
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
