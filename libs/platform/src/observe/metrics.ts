import { monitorEventLoopDelay, type IntervalHistogram } from 'node:perf_hooks';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** Answers within a request, to a long poll of twenty seconds. */
const QUICK = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
/** Human time. */
const SLOW = [1, 5, 15, 30, 60, 120, 300, 600, 1_800, 3_600, 14_400, 86_400];
const REFUSALS = [0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300];
const NS = 1e9;

/**
 * Everything that `GET /metrics` tells: `docs/observability.md` has the same names, which a test compares. Labels come
 * from closed lists of ours (routes, statuses, topics, event types), never from a request.
 */
export class Metrics {
  readonly registry = new Registry();
  private readonly loop: IntervalHistogram = monitorEventLoopDelay({ resolution: 20 });

  readonly requests = this.counter('writ_http_requests_total', 'Answered requests.', ['method', 'route', 'status']);
  readonly requestSeconds = this.histogram('writ_http_request_seconds', 'Request to answer.', ['method', 'route']);
  readonly authRefused = this.counter('writ_auth_refused_total', 'Callers that were not authenticated.', ['reason']);
  readonly events = this.counter('writ_events_total', 'Events this process wrote.', ['type']);
  readonly decisions = this.counter('writ_decisions_total', 'Decided escalations.', ['outcome', 'by']);
  readonly decisionSeconds = this.histogram(
    'writ_decision_seconds',
    'Ask to decision, but for what lapsed.',
    ['outcome'],
    SLOW,
  );
  readonly policySeconds = this.histogram('writ_policy_seconds', 'One policy evaluation.', ['outcome']);
  readonly minted = this.counter('writ_tokens_minted_total', 'Tokens minted.', ['kind']);
  readonly mintSeconds = this.histogram('writ_mint_seconds', 'Building and signing one token.', []);
  readonly uses = this.counter('writ_token_uses_total', 'Calls that verifiers asked about.', ['answer']);
  readonly grantsEnded = this.counter('writ_grants_ended_total', 'Ended grants.', ['reason']);
  readonly revokeToRefusal = this.histogram(
    'writ_revoke_to_refusal_seconds',
    'Revocation to the first lookup that refused the token.',
    [],
    REFUSALS,
  );
  readonly breakGlass = this.counter('writ_break_glass_uses_total', 'Uses of break-glass.', []);
  readonly jobs = this.counter('writ_jobs_total', 'Job attempts.', ['topic', 'outcome']);
  readonly jobSeconds = this.histogram('writ_job_seconds', 'One job attempt.', ['topic']);
  readonly drift = this.counter('writ_drift_total', 'What had lost its other half and was mended.', ['kind']);
  readonly brokenSeals = this.counter('writ_seal_broken_total', 'Rows whose seal is missing or wrong.', ['kind']);
  readonly historyFaults = this.counter('writ_history_faults_total', 'Events unlike their audit entry.', ['fault']);
  readonly slackCalls = this.counter('writ_slack_calls_total', 'Calls of the Slack API.', ['call', 'outcome']);
  readonly slackRefusals = this.counter('writ_slack_refusals_total', 'Calls that an operator has to mend.', [
    'call',
    'reason',
  ]);
  readonly slackSeconds = this.histogram('writ_slack_call_seconds', 'One call of the Slack API.', ['call']);
  readonly outboxWaiting = this.gauge('writ_outbox_waiting', 'Outbox rows not handed to the queue.', []);
  readonly outboxLag = this.gauge('writ_outbox_lag_seconds', 'Age of the oldest waiting outbox row.', []);
  readonly deadLetters = this.gauge('writ_dead_letters', 'Unresolved dead letters.', ['topic']);
  readonly sweepLag = this.gauge('writ_sweep_lag_seconds', 'How long the oldest row that is over waits.', ['kind']);
  readonly pending = this.gauge('writ_escalations_pending', 'Pending escalations by age.', ['age']);
  readonly grantsOpen = this.gauge('writ_grants_open', 'Grants not ended.', ['status']);
  readonly unreviewed = this.gauge('writ_break_glass_unreviewed', 'Uses of break-glass nobody reviewed.', []);
  readonly figuresUp = this.gauge('writ_database_figures_up', '1 when the database told its figures.', []);
  readonly connections = this.gauge('writ_database_connections', 'Connections of the pool.', ['state']);
  readonly writable = this.gauge('writ_database_writable', '1 when the database takes writes.', []);
  readonly relayFailing = this.gauge('writ_relay_failing', '1 while the outbox relay fails.', []);
  readonly configurationDrift = this.gauge('writ_configuration_drift', '1 while the folder is not in force.', []);
  readonly spansDropped = this.gauge('writ_trace_spans_dropped', 'Spans lost since the start.', []);
  readonly loopLag = this.gauge('writ_event_loop_lag_seconds', 'Event-loop delay since the last scrape.', ['quantile']);
  readonly memory = this.gauge('writ_process_resident_memory_bytes', 'Resident memory.', []);

  constructor() {
    this.loop.enable();
    this.breakGlass.inc(0);
  }

  /** Reads what this process knows of itself; the delay of the event loop begins anew. */
  readProcess(): void {
    this.memory.set(process.memoryUsage.rss());
    for (const quantile of [50, 99])
      this.loopLag.set({ quantile: `0.${quantile}` }, this.loop.percentile(quantile) / NS);
    this.loopLag.set({ quantile: '1' }, this.loop.max / NS);
    this.loop.reset();
  }

  close(): void {
    this.loop.disable();
  }

  private counter<L extends string>(name: string, help: string, labelNames: L[]): Counter<L> {
    return new Counter({ name, help, labelNames, registers: [this.registry] });
  }

  private gauge<L extends string>(name: string, help: string, labelNames: L[]): Gauge<L> {
    return new Gauge({ name, help, labelNames, registers: [this.registry] });
  }

  private histogram<L extends string>(name: string, help: string, labelNames: L[], buckets = QUICK): Histogram<L> {
    return new Histogram({ name, help, labelNames, buckets, registers: [this.registry] });
  }
}
