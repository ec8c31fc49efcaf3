import type { JobOutcome } from '../ports.js';

/** Watches jobs at work, for metrics and traces. Answers and throws exactly what `work` does. */
export abstract class JobWatch {
  /** @param topic one of `JOBS` @param trace where the outbox row was written, `<trace id>-<span id>` */
  abstract run(topic: string, trace: string | null, work: () => Promise<JobOutcome>): Promise<JobOutcome>;
}
