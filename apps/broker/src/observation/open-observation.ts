import type { WritEnvironment } from '#platform/config/environment/environment.js';
import { Metrics } from '#platform/observe/metrics.js';
import { Tracer, type SpanRecorder } from '#platform/observe/tracer.js';
import type { Observed } from './observed-ports.js';

/** Where this process counts and tells what it does. */
export interface Observation extends Observed {
  close(): Promise<void>;
}

/** Metrics always; traces when a collector is named, and only then is OpenTelemetry loaded. */
export async function openObservation({ otelEndpoint, roles }: WritEnvironment): Promise<Observation> {
  const metrics = new Metrics();
  const tracer = new Tracer(otelEndpoint === null ? null : await openRecorder(otelEndpoint, roles));
  return {
    metrics,
    tracer,
    close: async () => {
      metrics.close();
      await tracer.close();
    },
  };
}

async function openRecorder(endpoint: string, roles: ReadonlySet<string>): Promise<SpanRecorder> {
  const { OpenTelemetryRecorder } = await import('#platform/observe/open-telemetry.js');
  return new OpenTelemetryRecorder(endpoint, { 'service.name': 'writ', 'writ.roles': [...roles].join(',') });
}
