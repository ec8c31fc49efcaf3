import type { Catalog } from '#domain/catalog.js';

/** One application of a configuration: its content is sealed, and who applied it. Instants are epoch milliseconds. */
export interface KeptConfiguration {
  readonly seq: string;
  readonly sha256: string;
  readonly policyVersion: string;
  /** `kind:id` of an actor. */
  readonly appliedBy: string;
  readonly appliedAt: number;
  /** False for what was applied before the instant was sealed too. */
  readonly timeSealed: boolean;
  readonly catalog: Catalog;
  readonly policies: readonly { readonly name: string; readonly text: string }[];
}

/** How many requests were made while a configuration was in force, by what policy said first. Counted up to `DECISIONS_MAX`. */
export interface DecisionCounts {
  readonly allowed: number;
  readonly asked: number;
  readonly denied: number;
  /** There were more than were counted. */
  readonly more: boolean;
}

/** Requests that are counted for one configuration. */
export const DECISIONS_MAX = 10_000;

/** One line of the history of policy, newest first. */
export type PolicyChange =
  | {
      readonly sound: true;
      readonly applied: KeptConfiguration;
      /** The one that was in force before; `null` for the first. */
      readonly before: KeptConfiguration | null;
      readonly decisions: DecisionCounts;
    }
  /** A row whose seal is wrong or missing: it never counted, and nothing it says is shown. */
  | { readonly sound: false; readonly seq: string; readonly why: 'no_seal' | 'broken_seal' };

/** Where a page begins: after this row, which the next one above it followed at `until` under that version. */
export interface ChangePosition {
  readonly seq: string;
  readonly until: { readonly at: number; readonly version: string } | null;
}

/** Every configuration that ever was in force, for people who look back. Rows are never deleted. */
export abstract class PolicySets {
  /**
   * By the hash of the configuration or the version of its policies: the first application of it, and the newest.
   * `broken`: rows bear this name, and none of them a right seal. `null` for what nobody applied, or before there were seals.
   */
  abstract find(
    name: string,
  ): Promise<{ readonly first: KeptConfiguration; readonly newest: KeptConfiguration } | 'broken' | null>;
  /** Newest first. @param after `null` begins with the newest */
  abstract page(
    limit: number,
    after: ChangePosition | null,
  ): Promise<{ readonly changes: readonly PolicyChange[]; readonly next: ChangePosition | null }>;
}
