import { OutboxStore, type JobOutcome } from '#delivery/ports.js';
import { Consumes, TypedConsumer, type Handlers } from '#delivery/bull/typed-consumer.js';
import { CloseOverdue } from '#escalations/end/close-overdue.js';
import { Store } from '#escalations/ports.js';
import { ReevaluateGrants } from '#escalations/configure/reevaluate-grants.js';
import { RemindEscalation } from '#escalations/decide/remind-escalation.js';

/** A reminder further ahead of its deadline than this belongs to another one: see `whenDue`. */
const EARLY_MS = 60_000;

/** Reminds people of requests and writes the ends of escalations and grants as their time comes. Only prompt: the sweeper is what is certain. */
@Consumes('deadlines')
export class DeadlinesConsumer extends TypedConsumer<'deadlines'> {
  protected override readonly handlers: Handlers<'deadlines'> = {
    'deadline.escalation': ({ id }) => this.escalation(id),
    'deadline.grant': ({ id }) => this.grant(id),
    'reminder.escalation': ({ id }) => this.reminder(id),
    'policy.reevaluate': ({ id }) => this.reevaluate(id),
  };

  constructor(
    private readonly closeOverdue: CloseOverdue,
    private readonly store: Store,
    private readonly reminders: RemindEscalation,
    private readonly reevaluations: ReevaluateGrants,
    letters: OutboxStore,
  ) {
    super(letters);
  }

  private async escalation(id: string): Promise<JobOutcome> {
    if (await this.closeOverdue.escalation(id)) return 'done';
    const found = await this.store.read.escalations.byId(id);
    if (found === null) return 'gone';
    if (found.escalation.status !== 'pending') return 'done';
    return whenDue(found.escalation.deadline, found.now);
  }

  private async reminder(id: string): Promise<JobOutcome> {
    const next = await this.reminders.execute(id);
    return next === null ? 'done' : whenDue(next.at, next.now);
  }

  private async reevaluate(seq: string): Promise<JobOutcome> {
    return (await this.reevaluations.execute(seq)) === null ? 'gone' : 'done';
  }

  private async grant(id: string): Promise<JobOutcome> {
    if (await this.closeOverdue.grant(id)) return 'done';
    const found = await this.store.read.grants.byId(id);
    if (found === null) return 'gone';
    const { grant, now } = found;
    if (grant.status === 'ready') return whenDue(grant.readyUntil, now);
    return grant.status === 'active' && grant.expiresAt !== null ? whenDue(grant.expiresAt, now) : 'done';
  }
}

/**
 * The queue's clock is not the database's, so a job can come early; it comes again. One that is far too early was set
 * for a deadline that no longer holds (the pick-up window of a grant since collected), and the new deadline has its own.
 */
function whenDue(deadline: number, now: number): JobOutcome {
  if (deadline - now > EARLY_MS) return 'done';
  return { retryAfterSeconds: (Math.max(0, deadline - now) + 20) / 1_000 };
}
