import type { PolicyJson, PrincipalConstraint, ResourceConstraint, TypeAndId } from '@cedar-policy/cedar-wasm/nodejs';
import { AGENT_TYPE, GROUP_TYPE, RESOURCE_TYPE } from './schema.js';

/** Who asks for what, as far as a policy's scope can see. */
export interface ScopeSubject {
  readonly agent: string;
  readonly groups: readonly string[];
  readonly action: string;
  readonly resource: string;
}

/** A policy's scope, ready to be tested against a subject. `actions` is `null` when every action is in scope. */
export interface Scope {
  readonly actions: readonly string[] | null;
  readonly matches: (subject: ScopeSubject) => boolean;
}

type Uid = TypeAndId | { __entity: TypeAndId };

/**
 * Compiles the scope of a policy (Cedar's JSON form). `matches` is exact for the entities this broker sends: an agent
 * with its direct groups, a resource and an action without parents. What it cannot read counts as matching, so that a
 * slice may be too large but never too small.
 */
export function compileScope(policy: PolicyJson): Scope {
  const actions = actionNames(policy);
  const principal = principalTest(policy.principal);
  const resource = resourceTest(policy.resource);
  return {
    actions,
    matches: (subject) =>
      (actions === null || actions.includes(subject.action)) && principal(subject) && resource(subject),
  };
}

/** Every entity a policy names, in scope or conditions, found by their `{type, id}` form. */
export function entitiesNamed(node: unknown): TypeAndId[] {
  if (Array.isArray(node)) return node.flatMap(entitiesNamed);
  if (typeof node !== 'object' || node === null) return [];
  const { type, id } = node as { type?: unknown; id?: unknown };
  if (typeof type === 'string' && typeof id === 'string') return [{ type, id }];
  return Object.values(node).flatMap(entitiesNamed);
}

function actionNames(policy: PolicyJson): readonly string[] | null {
  const constraint = policy.action;
  if (constraint.op === 'All') return null;
  if ('entities' in constraint) return constraint.entities.map((uid) => uidOf(uid).id);
  return 'entity' in constraint ? [uidOf(constraint.entity).id] : null;
}

function principalTest(constraint: PrincipalConstraint): (subject: ScopeSubject) => boolean {
  switch (constraint.op) {
    case 'All':
      return () => true;
    case '==':
      return 'entity' in constraint ? isAgent(uidOf(constraint.entity)) : () => true;
    case 'in':
      return 'entity' in constraint ? isAgentOrInGroup(uidOf(constraint.entity)) : () => true;
    case 'is': {
      if (constraint.entity_type !== AGENT_TYPE) return () => false;
      const inside = constraint.in;
      return inside !== undefined && 'entity' in inside ? isAgentOrInGroup(uidOf(inside.entity)) : () => true;
    }
  }
}

function resourceTest(constraint: ResourceConstraint): (subject: ScopeSubject) => boolean {
  switch (constraint.op) {
    case 'All':
      return () => true;
    case '==':
    case 'in':
      return 'entity' in constraint ? isResource(uidOf(constraint.entity)) : () => true;
    case 'is': {
      if (constraint.entity_type !== RESOURCE_TYPE) return () => false;
      const inside = constraint.in;
      return inside !== undefined && 'entity' in inside ? isResource(uidOf(inside.entity)) : () => true;
    }
  }
}

function isAgent(uid: TypeAndId): (subject: ScopeSubject) => boolean {
  return (subject) => uid.type === AGENT_TYPE && uid.id === subject.agent;
}

/** Cedar's `in` also holds for the entity itself. */
function isAgentOrInGroup(uid: TypeAndId): (subject: ScopeSubject) => boolean {
  return (subject) => isAgent(uid)(subject) || (uid.type === GROUP_TYPE && subject.groups.includes(uid.id));
}

function isResource(uid: TypeAndId): (subject: ScopeSubject) => boolean {
  return (subject) => uid.type === RESOURCE_TYPE && uid.id === subject.resource;
}

function uidOf(uid: Uid): TypeAndId {
  return '__entity' in uid ? uid.__entity : uid;
}
