import { Inject, Injectable } from '@nestjs/common';
import { JobWatch } from '#delivery/bull/job-watch.js';
import type { JobOutcome } from '#delivery/ports.js';
import { LiveRegistry } from '#escalations/judge/configuration-in-force.js';
import { RegistrySource, TokenMint, type MintInput, type Recent, type Registry } from '#escalations/ports.js';
import { Metrics } from '#platform/observe/metrics.js';
import { readStoredTrace } from '#platform/observe/trace-context.js';
import { Tracer } from '#platform/observe/tracer.js';
import { refusalOf } from '#slack/send/slack-fault.js';
import type { CallWatch } from '#slack/send/slack-gateway.js';

/** Where observations go. */
export interface Observed {
  readonly metrics: Metrics;
  readonly tracer: Tracer;
}

/** Counts attempts, and tells each in the trace that its outbox row was written in. */
export class ObservingJobWatch extends JobWatch {
  constructor(private readonly observed: Observed) {
    super();
  }

  override async run(topic: string, trace: string | null, work: () => Promise<JobOutcome>): Promise<JobOutcome> {
    const { metrics, tracer } = this.observed;
    const stop = metrics.jobSeconds.startTimer({ topic });
    try {
      const result = await tracer.span(`job ${topic}`, 'consumer', work, {
        parent: readStoredTrace(trace),
        attributes: (outcome) => ({ 'writ.topic': topic, 'writ.outcome': finished(outcome) ? 'done' : 'later' }),
      });
      metrics.jobs.inc({ topic, outcome: finished(result) ? 'done' : 'later' });
      if (result === 'gone') metrics.drift.inc({ kind: 'job_without_row' });
      return result;
    } catch (error) {
      metrics.jobs.inc({ topic, outcome: 'failed' });
      throw error;
    } finally {
      stop();
    }
  }
}

function finished(outcome: JobOutcome): boolean {
  return outcome === 'done' || outcome === 'gone';
}

/** Slack's word for a refusal, as a label: its vocabulary is small, and what is no word of it is `other`. */
function reasonOf(error: string): string {
  return /^[a-z_]{1,60}$/.test(error) ? error : 'other';
}

/** Counts calls of Slack's API by method and kind of answer; nothing that was sent is looked at. */
export function slackWatch({ metrics, tracer }: Observed): CallWatch {
  return async (call, work) => {
    const stop = metrics.slackSeconds.startTimer({ call });
    try {
      const answer = await tracer.span(`slack ${call}`, 'client', work, {
        attributes: ({ kind }) => ({ 'writ.slack.call': call, 'writ.outcome': kind }),
      });
      metrics.slackCalls.inc({ call, outcome: answer.kind });
      const refusal = refusalOf(answer);
      if (refusal !== null) metrics.slackRefusals.inc({ call, reason: reasonOf(refusal.error) });
      return answer;
    } finally {
      stop();
    }
  };
}

/** The registry with its evaluations timed. */
@Injectable()
export class ObservedRegistry extends RegistrySource {
  private readonly wrapped = new WeakMap<Registry, Registry>();

  constructor(
    @Inject(LiveRegistry) private readonly source: RegistrySource,
    private readonly metrics: Metrics,
    private readonly tracer: Tracer,
  ) {
    super();
  }

  override async current(askedAt?: number): Promise<Registry> {
    return this.watched(await this.source.current(askedAt));
  }

  override recent(): Recent | null {
    const recent = this.source.recent();
    return recent === null ? null : { ...recent, registry: this.watched(recent.registry) };
  }

  override async pinned(policyVersion: string, at: number): Promise<Registry | null> {
    const registry = await this.source.pinned(policyVersion, at);
    return registry === null ? null : this.watched(registry);
  }

  private watched(registry: Registry): Registry {
    const known = this.wrapped.get(registry) ?? this.timed(registry);
    this.wrapped.set(registry, known);
    return known;
  }

  private timed(registry: Registry): Registry {
    const { metrics, tracer } = this;
    const decide: Registry['decide'] = (question) => {
      const stop = metrics.policySeconds.startTimer();
      const parent = tracer.current();
      const span = parent === null ? null : tracer.start({ name: 'policy', kind: 'internal', parent });
      const decision = registry.decide(question);
      stop({ outcome: decision.outcome });
      span?.end({ 'writ.outcome': decision.outcome, 'writ.policy_version': decision.version });
      return decision;
    };
    return Object.create(registry, { decide: { value: decide } }) as Registry;
  }
}

/** The mint with its signatures timed. */
export class ObservedMint extends TokenMint {
  constructor(
    private readonly inner: TokenMint,
    private readonly observed: Observed,
  ) {
    super();
  }

  override async mint(input: MintInput): ReturnType<TokenMint['mint']> {
    const stop = this.observed.metrics.mintSeconds.startTimer();
    return this.observed.tracer.span('sign', 'internal', () => this.inner.mint(input)).finally(stop);
  }
  override fits(request: Parameters<TokenMint['fits']>[0]): boolean {
    return this.inner.fits(request);
  }
  override resign(...again: Parameters<TokenMint['resign']>): Promise<string | null> {
    return this.inner.resign(...again);
  }
  override read(jwt: string): Promise<Readonly<Record<string, unknown>> | null> {
    return this.inner.read(jwt);
  }
  override isCanonical(jwt: string): boolean {
    return this.inner.isCanonical(jwt);
  }
  override unreadableKids(): readonly string[] {
    return this.inner.unreadableKids();
  }
  override learnKeys(alg: Parameters<TokenMint['learnKeys']>[0]): Promise<void> {
    return this.inner.learnKeys(alg);
  }
}
