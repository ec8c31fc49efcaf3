import type { CatalogAgent } from '#domain/catalog.js';
import type { PersonName } from '#domain/person-name.js';
import { instant } from '#domain/instant.js';
import type { DryRun } from '#escalations/configure/dry-run.js';
import type { Registry } from '#escalations/ports.js';

type Wire = Record<string, unknown>;

/** What a person may see of a session: everything but what opens it. */
export interface ShownSession {
  readonly id: string;
  readonly person: string;
  readonly signedInBy: string;
  readonly openedAt: Date;
  readonly expiresAt: Date;
}

/** A session in a list. @param current whether it is the one that asks */
export function presentSession({ id, person, signedInBy, openedAt, expiresAt }: ShownSession, current: boolean): Wire {
  return {
    id,
    person,
    current,
    signed_in_by: signedInBy,
    opened_at: instant(openedAt.getTime()),
    expires_at: instant(expiresAt.getTime()),
  };
}

/** What can be asked for. @param agent whom `permitted` is about; `null`: nobody can ask */
export function presentCatalogue(
  registry: Pick<Registry, 'catalog' | 'couldPermit'>,
  agent: CatalogAgent | null,
): Wire {
  const { catalog } = registry;
  return {
    agent: agent?.id ?? null,
    agents: catalog.agents.map(({ id, name }) => ({ id, name })),
    resources: catalog.resources.map((resource) => ({
      resource: resource.id,
      name: resource.name,
      actions: resource.actions.map((action) => ({
        action: action.name,
        risk: action.risk,
        arguments: action.arguments,
        identifier: action.identifierRequired === true ? 'required' : 'optional',
        permitted: agent !== null && registry.couldPermit(agent, resource.id, action.name),
      })),
    })),
  };
}

/** A policy decision with its reasons, and what the agent would be answered. */
export function presentDryRun({ policy, explanation, risk, gates, ask }: DryRun, nameOf: PersonName): Wire {
  return {
    outcome: policy.outcome,
    explanation,
    version: policy.version,
    determining: policy.determining,
    reasons: policy.reasons,
    denial_code: policy.denialCode,
    gates: gates.map(({ group, quorum, deputy, eligible }) => ({
      id: group,
      quorum,
      deputy,
      eligible: eligible.map((person) => ({ person, name: nameOf(person) })),
    })),
    window_seconds: policy.windowSeconds,
    max_ttl: policy.maxTtl,
    max_uses: policy.maxUses,
    step_up: policy.stepUp ?? null,
    slack: policy.slack ?? null,
    risk,
    pairs: policy.pairs,
    facts: policy.facts,
    ask: { status: ask.status, granted: ask.granted, denial: ask.denial, largest_allowed: ask.largestAllowed },
  };
}
