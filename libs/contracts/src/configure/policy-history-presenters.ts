import { instant } from '#domain/instant.js';
import type { PersonName } from '#domain/person-name.js';
import { driftWords, type Drift } from '#escalations/configure/configuration-drift.js';
import type { ConfigurationVersion } from '#escalations/judge/configuration-store.js';
import type { KeptConfiguration } from '#escalations/configure/policy-sets.js';
import type { CountedChange, PastSet, SetDifference } from '#escalations/configure/read-policy-history.js';

/** A set that was in force, with its whole text. */
export function presentPastSet({ first, newest, files, inForce }: PastSet, nameOf: PersonName): object {
  return {
    ...namesOf(newest),
    files,
    first: presentApplied(first, nameOf),
    last: presentApplied(newest, nameOf),
    in_force: inForce,
  };
}

/** What differs between two applied configurations. */
export function presentSetDifference({ from, to, policies, catalog }: SetDifference): object {
  return { from: namesOf(from), to: namesOf(to), policies, catalog };
}

/** A line of the history of policy. Of a row without a right seal nothing is told but that it is there. */
export function presentChange({ change, counts, inForce }: CountedChange, nameOf: PersonName): object {
  if (!change.sound || counts === null) {
    const { why, seq } = change.sound ? { why: null, seq: change.applied.seq } : change;
    const nothing = { applied: null, from: null, counts: null, decisions: null };
    return { seq: Number(seq), sound: false, why, ...nothing, in_force: false };
  }
  const { applied, before, decisions } = change;
  const { added, removed, changed, catalog } = counts;
  return {
    seq: Number(applied.seq),
    sound: true,
    why: null,
    applied: presentApplied(applied, nameOf),
    from: before === null ? null : namesOf(before),
    counts: { policies_added: added, policies_removed: removed, policies_changed: changed, catalog },
    decisions,
    in_force: inForce,
  };
}

/**
 * How the folder of a process stands to what is in force.
 * @param comparison `null` where no folder is compared
 */
export function presentComparison(
  inForce: ConfigurationVersion | null,
  comparison: { readonly drift: Drift; readonly at: number } | null,
): object {
  const in_force = inForce?.sha256 ?? null;
  if (comparison === null) return { in_force, folder: null, drift: 'not_compared', detail: null, checked_at: null };
  const { drift, at } = comparison;
  return {
    in_force,
    folder: drift.kind === 'unreadable' ? null : drift.folder,
    drift: drift.kind,
    detail: driftWords(drift),
    checked_at: instant(at),
  };
}

function namesOf({ sha256, policyVersion }: KeptConfiguration): object {
  return { configuration: sha256, version: policyVersion };
}

function presentApplied(applied: KeptConfiguration, nameOf: PersonName): object {
  const split = applied.appliedBy.indexOf(':');
  const [kind, id] = [applied.appliedBy.slice(0, split), applied.appliedBy.slice(split + 1)];
  return {
    ...namesOf(applied),
    at: instant(applied.appliedAt),
    time_sealed: applied.timeSealed,
    by: { kind, id },
    by_name: kind === 'person' ? nameOf(id) : null,
  };
}
