import type { GrantedAuthority } from '#domain/authority/authorization-details.js';
import type { CatalogResource } from '#domain/catalog.js';
import type { PolicyDecision } from '#domain/policy-decision.js';

/** What the catalog said of the actions that a decision was about, as it is sealed with the decision. */
export interface SealedTerms {
  /** `null` in decisions from before it was recorded. */
  readonly maxTokenTtlSeconds: number | null;
  /** By action; one without is absent. */
  readonly heartbeats: Readonly<Record<string, number>>;
}

/** Reads them from the facts of a decision. */
export function sealedTerms({ facts }: Pick<PolicyDecision, 'facts'>): SealedTerms {
  const { max_token_ttl: ttl, heartbeat } = facts;
  const beats = typeof heartbeat === 'object' && heartbeat !== null ? Object.entries(heartbeat) : [];
  return {
    maxTokenTtlSeconds: typeof ttl === 'number' ? ttl : null,
    heartbeats: Object.fromEntries(beats.filter((beat): beat is [string, number] => typeof beat[1] === 'number')),
  };
}

/**
 * How often an agent that holds this authority must be heard of: the smallest heartbeat of its actions, be it the one that
 * the catalog has or the one that it had when policy decided; `null`: never.
 */
export function heartbeatOf(
  { authorization_details }: Pick<GrantedAuthority, 'authorization_details'>,
  resource: Pick<CatalogResource, 'actions'>,
  sealed: Pick<SealedTerms, 'heartbeats'>,
): number | null {
  const names = [...new Set(authorization_details.flatMap((element) => element.actions))];
  const beats = names.flatMap((name) => [
    resource.actions.find((action) => action.name === name)?.heartbeatSeconds ?? Infinity,
    Object.hasOwn(sealed.heartbeats, name) ? (sealed.heartbeats[name] ?? Infinity) : Infinity,
  ]);
  const least = Math.min(...beats);
  return Number.isFinite(least) ? least : null;
}
