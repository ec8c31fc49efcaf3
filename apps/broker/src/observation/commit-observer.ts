import { Injectable } from '@nestjs/common';
import { TraceDirectory, Observer, type Committed, type TraceContext } from '#escalations/watch/observation.js';
import type { EventType } from '#escalations/rows/event-types.js';
import type { GrantRow } from '#escalations/rows/grant.js';
import type { HistoryEntry } from '#escalations/rows/history.js';
import type { TokenRow } from '#escalations/rows/token.js';
import { grantState } from '#escalations/state-now.js';
import { Metrics } from '#platform/observe/metrics.js';
import { Tracer } from '#platform/observe/tracer.js';
import { BusinessLog } from './business-log.js';

const SEEN_MAX = 10_000;
const TOLD_MAX = 20;
const DECISION = /^escalation\.(approved|denied|cancelled|lapsed)$/;

/** Events that are a step of the story from ask to use, and the name of their span. */
const STEPS: Partial<Record<EventType, string>> = {
  'escalation.requested': 'ask',
  'escalation.approved': 'decision',
  'escalation.denied': 'decision',
  'escalation.lapsed': 'decision',
  'escalation.cancelled': 'decision',
  'vote.recorded': 'vote',
  'token.minted': 'mint',
  'token.renewed': 'mint',
  'token.used': 'consume',
  'token.use_refused': 'consume',
  'grant.completed': 'end',
  'grant.revoked': 'end',
  'grant.expired': 'end',
};

/** Turns what was committed and what was looked up into counts, spans and lines of the log. */
@Injectable()
export class CommitObserver extends Observer {
  private readonly refused = new Set<string>();

  constructor(
    private readonly metrics: Metrics,
    private readonly tracer: Tracer,
    private readonly traces: TraceDirectory,
    private readonly lines: BusinessLog,
  ) {
    super();
  }

  override current(): TraceContext | null {
    return this.tracer.current();
  }

  override committed({ events, decided, startedAt }: Committed): void {
    for (const event of events) this.count(event);
    this.lines.tell(events);
    for (const { status, createdAt, decidedAt } of decided)
      this.metrics.decisionSeconds.observe(
        { outcome: status },
        Math.max(0, (decidedAt ?? createdAt) - createdAt) / 1_000,
      );
    // A batch of the sweeper would ask for hundreds of traces at once.
    if (!this.tracer.on || events.length > TOLD_MAX) return;
    for (const event of events) {
      const name = STEPS[event.type];
      if (name === undefined || event.escalation === undefined) continue;
      this.tell(name, event.escalation, startedAt, { 'writ.event': event.type, 'writ.actor': event.actor.kind });
    }
  }

  override tokenRead(token: TokenRow, grant: GrantRow, now: number): void {
    const { status, endedAt } = grantState(grant, now);
    if (status === 'revoked' && endedAt !== null && token.expiresAt > now && !this.refused.has(token.jti)) {
      if (this.refused.size >= SEEN_MAX) this.refused.clear();
      this.refused.add(token.jti);
      this.metrics.revokeToRefusal.observe(Math.max(0, now - endedAt) / 1_000);
    }
    if (this.tracer.on) this.tell('token.read', grant.escalationId, Date.now(), { 'writ.grant.status': status });
  }

  private count({ type, actor, data }: HistoryEntry): void {
    this.metrics.events.inc({ type });
    if (type === 'token.minted' || type === 'token.renewed') this.metrics.minted.inc({ kind: type.slice(6) });
    // Told of each grant above too, at which the same use counts.
    if (type === 'token.used' && data?.['below'] === undefined) this.metrics.uses.inc({ answer: 'allowed' });
    if (type === 'token.use_refused') this.metrics.uses.inc({ answer: 'refused' });
    const outcome = DECISION.exec(type)?.[1];
    if (outcome !== undefined) this.metrics.decisions.inc({ outcome, by: actor.kind });
    if (type === 'break_glass.used') this.metrics.breakGlass.inc();
    const reason = data?.['end_reason'];
    if (type.startsWith('grant.') && typeof reason === 'string') this.metrics.grantsEnded.inc({ reason });
  }

  /** A span in the trace of the ask, wherever the work under way is told. Where it cannot be, nothing is. */
  private tell(name: string, escalation: string, startMs: number, attributes: Record<string, string>): void {
    const here = this.tracer.current();
    void this.traces.traceOf(escalation).then(
      (asked) => {
        if (asked === null) return;
        const parent = here?.traceId === asked.traceId ? here : asked;
        this.tracer
          .start({ name, kind: 'internal', parent, link: here, startMs })
          ?.end({ ...attributes, 'writ.escalation': escalation });
      },
      () => undefined,
    );
  }
}
