import { Injectable } from '@nestjs/common';
import { withDeputies } from '#domain/approval/clock.js';
import { seat } from '#domain/approval/quorum.js';
import type { EscalationRequest } from '#domain/authority/authorization-details.js';
import type { OnPolicyChange } from '#domain/catalog.js';
import type { AgentFacts } from '#domain/policy-decision.js';
import { isRefusal } from '#domain/refusal.js';
import { judgeAsk } from './break-glass.js';
import { checkCatalog } from './check-catalog.js';
import { Reader, Seals, type Registry } from './ports.js';
import type { EscalationRow, VoteRow } from './rows.js';
import { voteContent } from './sealed-content.js';
import { standingVotes } from './standing-votes.js';

/** More than are alive at once in most brokers; a fuller memory is emptied, and costs an evaluation each. */
const REMEMBERED_MAX = 20_000;

/** What to do with a grant that today's configuration would not give; `off` also where it still would. */
export type Tightened = OnPolicyChange;

/**
 * Asks whether a grant would still be given under the configuration in force: catalog, policies and who approves. The
 * facts and the clock are those of the first decision, so that nothing but the configuration can change the answer.
 */
@Injectable()
export class PolicyTightening {
  /** By version of the configuration: neither it nor the votes of a settled request change any more. */
  private readonly remembered = new WeakMap<Registry, Map<string, boolean>>();

  constructor(
    private readonly reader: Reader,
    private readonly seals: Seals,
  ) {}

  /**
   * @param registry the configuration in force
   * @returns what its `limits.on_policy_change` has for the grant of this request, `off` when it would be given again, and
   * while there is none: ask once it is approved
   */
  async of(escalationId: string, registry: Registry): Promise<Tightened> {
    const mode = registry.catalog.limits.onPolicyChange ?? 'new_uses';
    if (mode === 'off') return 'off';
    const known = this.memoryOf(registry);
    let tightened = known.get(escalationId);
    if (tightened === undefined) {
      const judged = await this.judge(registry, escalationId);
      if (judged === null) return 'off';
      tightened = judged;
      if (known.size >= REMEMBERED_MAX) known.clear();
      known.set(escalationId, tightened);
    }
    return tightened ? mode : 'off';
  }

  /** The same for several requests that must all be given. */
  async ofAll(escalationIds: readonly string[], registry: Registry): Promise<Tightened> {
    for (const id of escalationIds) {
      const tightened = await this.of(id, registry);
      if (tightened !== 'off') return tightened;
    }
    return 'off';
  }

  private memoryOf(registry: Registry): Map<string, boolean> {
    const known = this.remembered.get(registry) ?? new Map<string, boolean>();
    this.remembered.set(registry, known);
    return known;
  }

  /** `null` while nothing is granted. Never remembered: it will be another answer once people have decided. */
  private async judge(registry: Registry, escalationId: string): Promise<boolean | null> {
    const found = await this.reader.escalation(escalationId);
    if (found === null || found.escalation.granted === null) return null;
    const { escalation, now } = found;
    const { authorization_details, ttl, max_uses } = found.escalation.granted;
    const granted = { ...escalation.request, authorization_details, requested_ttl: ttl, max_uses };
    const votes = await this.reader.votes(escalationId);
    const sealed = votes.filter(
      (vote) => vote.verdict === 'approve' && this.seals.sound('vote', vote.id, voteContent(vote), vote.mac),
    );
    // Either must be refused: an ask whose forbidden part was cut away is sound, and so is one that rules want whole.
    for (const ask of [granted, escalation.request]) {
      if (await this.wouldBeGiven(registry, escalation, ask, sealed, now)) return false;
    }
    return true;
  }

  private async wouldBeGiven(
    registry: Registry,
    row: EscalationRow,
    ask: EscalationRequest,
    votes: readonly VoteRow[],
    now: number,
  ): Promise<boolean> {
    const { catalog } = registry;
    const known = checkCatalog(catalog, row.agentId, ask);
    if (isRefusal(known) || row.granted === null) return false;
    const agent = { id: row.agentId, groups: known.agent.groups };
    const facts = row.policy.facts as unknown as AgentFacts;
    const { policy } = judgeAsk(
      ask,
      (request) => withDeputies(registry.decide({ agent, request, facts, nowMs: row.createdAt }), catalog.groups),
      catalog,
      known.resource,
    );
    const { ttl, max_uses: uses } = row.granted;
    if (policy.outcome === 'deny' || ttl > (policy.maxTtl ?? Infinity)) return false;
    if (policy.maxUses !== null && (uses === null || uses > policy.maxUses)) return false;
    if (policy.outcome === 'allow') return true;
    const standing = await standingVotes(this.reader, { ...row, policy }, votes, now);
    return seat(
      policy.gates,
      standing.map((vote) => vote.voter),
    ).complete;
  }
}
