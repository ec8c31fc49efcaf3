import type { WritEnvironment } from '#platform/config/environment.js';
import { Metrics } from '#platform/metrics.js';
import { OtlpExporter } from '#platform/tracing/otlp-exporter.js';
import { Tracer } from '#platform/tracing/tracer.js';
import type { Observed } from './watches.js';

/** Where this process counts and tells what it does. */
export interface Observation extends Observed {
  readonly spansDropped: () => number;
  close(): Promise<void>;
}

/** Metrics always; traces when a collector is named. */
export function openObservation({ otelEndpoint, roles }: WritEnvironment): Observation {
  const metrics = new Metrics();
  const resource = { 'service.name': 'writ', 'writ.roles': [...roles].join(',') };
  const exporter = otelEndpoint === null ? null : new OtlpExporter(otelEndpoint, resource);
  const tracer = new Tracer(exporter);
  return {
    metrics,
    tracer,
    spansDropped: () => exporter?.dropped ?? 0,
    close: async () => {
      metrics.close();
      await tracer.close();
    },
  };
}
