import type { PolicyTerms } from './annotations.js';
import type { LoadedPolicy } from './load.js';
import type { ScopeSubject } from './scope.js';

/** Policies evaluated together. Equal keys of one set mean equal policies. */
export interface Slice {
  readonly key: string;
  readonly ids: readonly string[];
  readonly texts: () => Readonly<Record<string, string>>;
}

const REMEMBERED_MAX = 4_096;

/**
 * Picks the policies whose scope can match a subject. A policy out of scope neither permits, forbids nor fails, so
 * leaving it out changes no decision, while Cedar's cost is linear in the policies it is given.
 */
export class Slicer {
  /** The whole set. */
  readonly full: Slice;
  private readonly byId: ReadonlyMap<string, LoadedPolicy>;
  private readonly byAction = new Map<string, LoadedPolicy[]>();
  private readonly ofAnyAction: readonly LoadedPolicy[];
  private readonly remembered = new Map<string, Slice>();

  constructor(private readonly policies: readonly LoadedPolicy[]) {
    this.byId = new Map(policies.map((policy) => [policy.id, policy]));
    this.ofAnyAction = policies.filter((policy) => policy.scope.actions === null);
    for (const policy of policies) {
      for (const action of new Set(policy.scope.actions ?? [])) {
        const listed = this.byAction.get(action);
        if (listed === undefined) this.byAction.set(action, [policy]);
        else listed.push(policy);
      }
    }
    this.full = sliceOf('full', policies);
  }

  /** The terms of a policy of this set. */
  termsOf(id: string): PolicyTerms {
    const policy = this.byId.get(id);
    if (policy === undefined) throw new Error(`no policy ${id} in this set`);
    return policy.terms;
  }

  /** The slice for one subject. */
  sliceFor(subject: ScopeSubject): Slice {
    const memory = JSON.stringify([subject.agent, [...subject.groups].sort(), subject.action, subject.resource]);
    const known = this.remembered.get(memory);
    if (known !== undefined) return known;
    const candidates = new Set([...this.ofAnyAction, ...(this.byAction.get(subject.action) ?? [])]);
    const matching = this.policies.flatMap((policy, index) =>
      candidates.has(policy) && policy.scope.matches(subject) ? [{ policy, index }] : [],
    );
    const slice = sliceOf(
      matching.map(({ index }) => index.toString(36)).join(','),
      matching.map(({ policy }) => policy),
    );
    if (this.remembered.size >= REMEMBERED_MAX) this.remembered.clear();
    this.remembered.set(memory, slice);
    return slice;
  }
}

function sliceOf(key: string, policies: readonly LoadedPolicy[]): Slice {
  return {
    key,
    ids: policies.map((policy) => policy.id),
    texts: () => Object.fromEntries(policies.map((policy) => [policy.id, policy.text])),
  };
}
