import type { PersonIdentity } from '#domain/approval/eligibility.js';
import type { Catalog } from '#domain/catalog.js';
import type { Actor } from '../rows/history.js';

/** Which applied configuration. Its number alone does not tell: a database that was put back gives it out again. */
export interface ConfigurationVersion {
  readonly seq: string;
  readonly sha256: string;
}

/** One applied configuration, as stored. */
export interface AppliedConfiguration extends ConfigurationVersion {
  readonly catalog: Catalog;
  readonly policies: readonly { readonly name: string; readonly text: string }[];
  /** Which person each configured id means. */
  readonly people: Readonly<Record<string, PersonIdentity>>;
}

/** Where applied configurations are kept, each under a seal; one without counts for nothing. `apply` is one transaction that audits each change with its actor. */
export abstract class ConfigurationStore {
  /** The newest version, `null` when nothing was ever applied. */
  abstract currentVersion(): Promise<ConfigurationVersion | null>;
  abstract current(): Promise<AppliedConfiguration | null>;
  /** The versions that may have been in force at `at` (epoch ms) under this name of their policies, likeliest first. */
  abstract inForce(policyVersion: string, at: number): Promise<readonly AppliedConfiguration[]>;
  /**
   * Applies a configuration under an advisory lock. Agents that left are retired (suspended for ever), members that
   * left lose eligibility at once; an agent re-created under an old id is a new agent, and so is a person: sessions,
   * passkeys, Slack links and standing votes of the former one end, each with its event.
   * @returns the changes in words, empty when nothing differed
   */
  abstract apply(next: NewConfiguration, actor: Actor): Promise<readonly ConfigurationChange[]>;
}

export interface NewConfiguration {
  readonly catalog: Catalog;
  readonly policies: readonly { readonly name: string; readonly text: string }[];
  readonly sha256: string;
  readonly policyVersion: string;
}

export interface ConfigurationChange {
  readonly kind: 'resource' | 'agent' | 'client' | 'person' | 'group' | 'policy' | 'limits';
  readonly change: 'added' | 'changed' | 'retired';
  readonly id: string;
}
