import { Injectable } from '@nestjs/common';
import { refuse, type Refusal } from '#domain/refusal.js';
import { Steps } from '#domain/steps.js';
import { ApproverLimits } from './approver-limits.js';
import { castVote } from './cast-vote.js';
import {
  CONFIG_MOVED,
  isStopped,
  Repeated,
  type Deciding,
  type Decision,
  type Recorded,
  type Stopped,
} from './deciding.js';
import { endWhatIsRetired, lockRequest } from './lock-request.js';
import { refuseApprovalInSlack, refuseUnfitCuts, refuseUnsigned } from './refuse-approvals.js';
import { refuseWhoMayNotVote } from './refuse-voters.js';
import { settleVotes } from './settle-votes.js';
import type { Registries } from '../judge/judge-again.js';
import { Ids, Store, Seals } from '../ports.js';
import type { EscalationRow } from '../rows/escalation.js';

/** A person's decision in its one transaction, from top to bottom. What refuses it is on record before it is answered. */
const DECISION_STEPS = Steps.over<Deciding, Stopped>(isStopped)
  .step(lockRequest)
  .step(endWhatIsRetired)
  .step(refuseWhoMayNotVote)
  .step(refuseApprovalInSlack)
  .step(refuseUnfitCuts)
  .step(refuseUnsigned)
  .step(castVote)
  .step(settleVotes);

/** An apply that commits between reading and locking is waited for with another reading, so often. */
const ATTEMPTS_MAX = 4;

/**
 * A person decides; REST and Slack end here.
 * Refuses `not_found`, what `whyNotVote` names, `slack_deny_only`, an approval that policy wants signed and is not, and
 * what `ApproverLimits` refuses. What has left the configuration ends as cancelled instead.
 */
@Injectable()
export class RecordDecision {
  constructor(
    readonly cuts: ApproverLimits,
    private readonly store: Store,
    readonly seals: Seals,
    readonly ids: Ids,
  ) {}

  async execute(decision: Decision): Promise<Recorded | Refusal> {
    const { escalationId, via } = decision;
    const [found, shown] = await Promise.all([
      this.store.read.escalations.byId(escalationId),
      this.store.read.before.of(escalationId, via === 'slack' ? 'card' : 'now'),
    ]);
    if (found === null) return refuse('not_found', 'There is no such escalation.');
    for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt += 1) {
      const registries = await this.registriesOf(found.escalation);
      const before = { tools: this, decision, asked: found.escalation, registries, shown };
      const made = await this.store.run((tx) => DECISION_STEPS.run({ ...before, tx }));
      if (made !== CONFIG_MOVED) return made instanceof Repeated ? made.recorded : made;
    }
    return refuse('unavailable', 'The configuration is being changed.', { retryAfterSeconds: 1 });
  }

  /**
   * Before the transaction, as is what was shown: nobody behind this agent's lock waits for it, and a second connection
   * wanted inside could wait for the pool for ever.
   */
  private async registriesOf({ policyVersion, createdAt }: EscalationRow): Promise<Registries> {
    const current = await this.cuts.registry.current();
    if (current.policyVersion === policyVersion) return { current, pinned: current };
    return { current, pinned: (await this.cuts.registry.pinned(policyVersion, createdAt)) ?? current };
  }
}
