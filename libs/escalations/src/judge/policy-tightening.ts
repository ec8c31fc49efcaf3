import { Inject, Injectable } from '@nestjs/common';
import type { EscalationRequest } from '#domain/authority/authorization-details.js';
import type { OnPolicyChange } from '#domain/catalog.js';
import { recordedFacts } from '#domain/policy-decision.js';
import { resourceOf } from './check-catalog.js';
import { Store, Seals, type Registry } from '../ports.js';
import type { EscalationRow, Granted } from '../rows/escalation.js';
import type { GrantRow } from '../rows/grant.js';
import type { VoteRow } from '../rows/vote.js';
import { voteContent } from '../sealed-content.js';
import { heartbeatOf } from '../sealed-terms.js';
import { wouldBeGiven } from './would-be-given.js';

/** More than are alive at once in most brokers; a fuller memory is emptied, and costs an evaluation each. */
const REMEMBERED_MAX = 20_000;

/**
 * What to do with a grant that today's configuration would not give; `off` also where it still would. `gone`, whatever
 * the mode: the catalog does not have what was granted, or not so, and a token for it would mean nothing.
 */
export type Tightened = OnPolicyChange | 'gone';

type Judged = 'given' | 'denied' | 'gone';

/** By version of the configuration: neither it nor the votes of a settled request change any more. */
const REMEMBERED = new WeakMap<Registry, Map<string, Judged>>();

/** Remembers that a configuration has just given what a request asks for: asked whether it would, it need not judge again. */
export function rememberGiven(registry: Registry, escalationId: string): void {
  remember(registry, escalationId, 'given');
}

function remember(registry: Registry, escalationId: string, judged: Judged): void {
  const known = REMEMBERED.get(registry) ?? new Map<string, Judged>();
  REMEMBERED.set(registry, known);
  if (known.size >= REMEMBERED_MAX) known.clear();
  known.set(escalationId, judged);
}

/**
 * Asks whether a grant would still be given under the configuration in force: catalog, policies and who approves. The
 * facts and the clock are those of the first decision, so that nothing but the configuration can change the answer.
 */
@Injectable()
export class PolicyTightening {
  constructor(
    @Inject(Store) private readonly store: Pick<Store, 'read'>,
    private readonly seals: Seals,
  ) {}

  /**
   * @param registry the configuration in force
   * @returns what its `limits.on_policy_change` has for the grant of this request, `off` when it would be given again, and
   * while there is none: ask once it is approved
   */
  async of(escalationId: string, registry: Registry): Promise<Tightened> {
    let judged = REMEMBERED.get(registry)?.get(escalationId);
    if (judged === undefined) {
      const answer = await this.judge(registry, escalationId);
      if (answer === null) return 'off';
      judged = answer;
      remember(registry, escalationId, judged);
    }
    const mode = registry.catalog.limits.onPolicyChange ?? 'new_uses';
    if (judged === 'given') return 'off';
    return judged === 'gone' && mode !== 'live' ? 'gone' : mode;
  }

  /** The same for several requests that must all be given: the strictest of their answers. */
  async ofAll(escalationIds: readonly string[], registry: Registry): Promise<Tightened> {
    let strictest: Tightened = 'off';
    for (const id of escalationIds) {
      const tightened = await this.of(id, registry);
      if (tightened === 'live' || tightened === 'gone') return tightened;
      if (tightened !== 'off') strictest = tightened;
    }
    return strictest;
  }

  /** `null` while nothing is granted. Never remembered: it will be another answer once people have decided. */
  private async judge(registry: Registry, escalationId: string): Promise<Judged | null> {
    const found = await this.store.read.escalations.byId(escalationId);
    const held = await this.store.read.grants.ofEscalation(escalationId);
    if (found === null || held === null || found.escalation.granted === null) return null;
    const { escalation, now } = found;
    const { granted } = found.escalation;
    if (!inCatalog(registry, escalation, granted, held.grant)) return 'gone';
    const votes = await this.store.read.votes.of(escalationId);
    const sealed = votes.filter((vote) => this.seals.sound('vote', vote.id, voteContent(vote), vote.mac));
    const asGranted = grantedAsk(escalation, granted);
    // Either must be refused: an ask whose forbidden part was cut away is sound, and so is one that rules want whole.
    const answers: Judged[] = [];
    for (const ask of [asGranted, escalation.request]) {
      const answer = await this.judgeOne(registry, escalation, ask, sealed, now);
      if (answer === 'given') return 'given';
      answers.push(answer);
    }
    return answers[0] ?? 'gone';
  }

  private async judgeOne(
    registry: Registry,
    row: EscalationRow,
    ask: EscalationRequest,
    votes: readonly VoteRow[],
    now: number,
  ): Promise<Judged> {
    const facts = recordedFacts(row.policy.facts);
    const circumstances = { registry, facts: () => Promise.resolve(facts), clock: row.createdAt, now };
    const given = await wouldBeGiven(this.store.read, row, ask, votes, circumstances);
    if (!given.given) return given.by === 'catalog' ? 'gone' : 'denied';
    const { ttl, max_uses: uses } = row.granted ?? { ttl: Infinity, max_uses: null };
    const { ttl: mostTtl = Infinity, max_uses: mostUses = Infinity } = given.caps;
    return ttl <= mostTtl && (uses ?? Infinity) <= mostUses ? 'given' : 'denied';
  }
}

/** A request for just what was granted. */
export function grantedAsk(
  { request }: Pick<EscalationRow, 'request'>,
  granted: Omit<Granted, 'cuts'>,
): EscalationRequest {
  const { authorization_details, ttl, max_uses } = granted;
  return { ...request, authorization_details, requested_ttl: ttl, max_uses };
}

/** False also where the catalog wants to hear of whoever holds this more often than the grant has it. */
function inCatalog(registry: Registry, row: EscalationRow, granted: Granted, grant: GrantRow): boolean {
  const resource = resourceOf(registry.catalog, row.resource, granted.authorization_details);
  if (resource === null) return false;
  const beat = heartbeatOf(granted, resource, { heartbeats: {} });
  return beat === null || (grant.heartbeatSeconds !== null && grant.heartbeatSeconds <= beat);
}
