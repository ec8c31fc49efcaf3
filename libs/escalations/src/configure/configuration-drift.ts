import { policySetChanges } from '#policy/policy-set-diff.js';
import { configurationChanges } from './configuration-changes.js';
import type { AppliedConfiguration, ConfigurationChange, NewConfiguration } from '../judge/configuration-store.js';
import { checkPolicies } from '../judge/configuration-in-force.js';

/** A configuration folder as it was found: what it says, or why it says nothing that could be applied. */
export type FoundFolder =
  | { readonly readable: true; readonly configuration: NewConfiguration }
  | { readonly readable: false; readonly why: string };

/** How a folder stands to the configuration in force. */
export type Drift =
  | { readonly kind: 'none'; readonly folder: string }
  | {
      readonly kind: 'differs';
      readonly folder: string;
      /** Policies by their file, everything else by its id. */
      readonly changes: readonly ConfigurationChange[];
      /** The `@id`s of the policies that differ, or the file where only comments do. */
      readonly policies: readonly string[];
    }
  | { readonly kind: 'unreadable'; readonly why: string };

/** What a folder says that `read` reads. Whatever it throws is why the folder could not be applied. */
export function foundFolder(read: () => Omit<NewConfiguration, 'policyVersion'>): FoundFolder {
  try {
    const { catalog, policies, sha256 } = read();
    return {
      readable: true,
      configuration: { catalog, policies, sha256, policyVersion: checkPolicies(policies, catalog) },
    };
  } catch (error) {
    return { readable: false, why: error instanceof Error ? error.message : String(error) };
  }
}

/** Names that one sentence holds. */
const NAMED_MAX = 5;

/**
 * Compares a folder with what is in force.
 * @param inForce `null` where nothing was ever applied
 */
export function driftOf(folder: FoundFolder, inForce: AppliedConfiguration | null): Drift {
  if (!folder.readable) return { kind: 'unreadable', why: folder.why };
  const { sha256 } = folder.configuration;
  if (inForce?.sha256 === sha256) return { kind: 'none', folder: sha256 };
  const changes = configurationChanges(inForce, folder.configuration);
  // Another hash over the same things: what this version reads out of a file that an earlier one has applied.
  if (changes.length === 0) return { kind: 'none', folder: sha256 };
  const policies = policySetChanges(inForce?.policies ?? [], folder.configuration.policies);
  return { kind: 'differs', folder: sha256, changes, policies: policies.map(({ policy, file }) => policy ?? file) };
}

/** One sentence for people: what is not in force, by name as far as a line holds it, and what to run. */
export function driftWords(drift: Drift): string {
  if (drift.kind === 'none') return `folder ${drift.folder} is in force`;
  if (drift.kind === 'unreadable')
    return `the configuration folder cannot be applied, what was applied before stays in force: ${drift.why}`;
  return `folder ${drift.folder} is not in force: ${inWords(drift.changes, drift.policies)}; run \`writ apply\``;
}

/** `2 policies differ (reads, large-refunds), 1 agent differs (support-bot)`. */
function inWords(changes: readonly ConfigurationChange[], policies: readonly string[]): string {
  const kinds = [...new Set(changes.map(({ kind }) => kind))];
  return kinds
    .map((kind) => {
      if (kind === 'limits') return 'the limits differ';
      const names = kind === 'policy' ? policies : changes.filter((change) => change.kind === kind).map(({ id }) => id);
      const named = names.slice(0, NAMED_MAX).join(', ');
      const rest = names.length > NAMED_MAX ? ` and ${names.length - NAMED_MAX} more` : '';
      return `${names.length} ${nounOf(kind, names.length)} (${named}${rest})`;
    })
    .join(', ');
}

const PLURALS: Readonly<Record<string, string>> = { policy: 'policies', person: 'people' };

function nounOf(kind: Exclude<ConfigurationChange['kind'], 'limits'>, count: number): string {
  return count === 1 ? `${kind} differs` : `${PLURALS[kind] ?? `${kind}s`} differ`;
}
