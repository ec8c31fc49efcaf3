import { Injectable } from '@nestjs/common';
import { refuse, type Refusal } from '#domain/refusal.js';
import { policyPlaces } from '#policy/policy-places.js';
import { policySetChanges, policySetDiff, type PolicyDifference } from '#policy/policy-set-diff.js';
import { catalogDifferences, type CatalogDifference } from './catalog-differences.js';
import { configurationChanges } from './configuration-changes.js';
import { ConfigurationStore } from '../judge/configuration-store.js';
import type { PolicyFileListing } from '../ports.js';
import { PolicySets, type ChangePosition, type KeptConfiguration, type PolicyChange } from './policy-sets.js';

/** A set that was in force, whole. */
export interface PastSet {
  readonly first: KeptConfiguration;
  readonly newest: KeptConfiguration;
  readonly files: readonly PolicyFileListing[];
  readonly inForce: boolean;
}

/** What differs between two applied configurations. */
export interface SetDifference {
  readonly from: KeptConfiguration;
  readonly to: KeptConfiguration;
  readonly policies: readonly PolicyDifference[];
  readonly catalog: readonly CatalogDifference[];
}

/** How much a change has touched. */
export interface ChangeCounts {
  readonly added: number;
  readonly removed: number;
  readonly changed: number;
  readonly catalog: number;
}

/** A change as a list shows it. */
export interface CountedChange {
  readonly change: PolicyChange;
  /** `null` for a row that never counted. */
  readonly counts: ChangeCounts | null;
  readonly inForce: boolean;
}

/** So many changes are a page at most: each is a whole configuration, read, judged and compared with the one before. */
export const CHANGES_PAGE_MAX = 20;

/** Looks back at what was in force: whole, against each other, and change by change. */
@Injectable()
export class ReadPolicyHistory {
  constructor(
    private readonly sets: PolicySets,
    private readonly configurations: ConfigurationStore,
  ) {}

  /** @param name of a configuration or of a version of policies. Refuses `not_found` for what never was in force */
  async set(name: string): Promise<PastSet | Refusal> {
    const found = await this.sets.find(name);
    if (found === null || found === 'broken') return missing(name, found);
    const inForce = await this.configurations.current();
    const files = found.newest.policies.map((file) => ({
      ...file,
      policies: policyPlaces(file).map(({ id, role, line }) => ({ id, role, line })),
    }));
    const now = inForce !== null && sameTexts(inForce.policies, found.newest.policies);
    return { ...found, files, inForce: now };
  }

  /** Refuses `not_found` where one of the two never was in force. */
  async difference(from: string, to: string): Promise<SetDifference | Refusal> {
    const [before, after] = [await this.sets.find(from), await this.sets.find(to)];
    if (before === null || before === 'broken') return missing(from, before);
    if (after === null || after === 'broken') return missing(to, after);
    const [old, next] = [before.newest, after.newest];
    return {
      from: old,
      to: next,
      policies: policySetDiff(old.policies, next.policies),
      catalog: catalogDifferences(old.catalog, next.catalog),
    };
  }

  /**
   * Newest first, counted one after another; between two, others get their turn.
   * @param limit beyond `CHANGES_PAGE_MAX` a page holds that many, and `next` leads on
   */
  async changes(
    limit: number,
    after: ChangePosition | null,
  ): Promise<{ readonly items: readonly CountedChange[]; readonly next: ChangePosition | null }> {
    const { changes, next } = await this.sets.page(Math.min(limit, CHANGES_PAGE_MAX), after);
    const current = await this.configurations.currentVersion();
    const items: CountedChange[] = [];
    for (const change of changes) {
      await roundOfTheLoop();
      const inForce = change.sound && change.applied.seq === current?.seq;
      items.push({ change, counts: change.sound ? countsOf(change.before, change.applied) : null, inForce });
    }
    return { items, next };
  }
}

function countsOf(before: KeptConfiguration | null, after: KeptConfiguration): ChangeCounts {
  const policies = policySetChanges(before?.policies ?? [], after.policies);
  const count = (...kinds: PolicyDifference['change'][]): number =>
    policies.filter(({ change }) => kinds.includes(change)).length;
  const others = configurationChanges(before === null ? null : { ...before, people: {} }, after);
  return {
    added: count('added'),
    removed: count('removed'),
    changed: count('changed', 'moved'),
    catalog: others.filter(({ kind }) => kind !== 'policy').length,
  };
}

function sameTexts(one: KeptConfiguration['policies'], other: KeptConfiguration['policies']): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function missing(name: string, found: 'broken' | null): Refusal {
  if (found === null) return refuse('not_found', `Nothing of the name ${name} was ever in force.`);
  return refuse('not_found', `What is kept under ${name} bears no right seal: somebody has written it by hand.`, {
    facts: { why: 'broken_seal' },
  });
}

/** Lets others have their turn. */
function roundOfTheLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
