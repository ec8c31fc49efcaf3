import { Inject, Injectable } from '@nestjs/common';
import type { AgentFacts, PolicyDecision, PolicyQuestion } from '#domain/policy-decision.js';
import type { Catalog } from '#domain/catalog.js';
import { catalogWords } from '#domain/words/catalog-words.js';
import { PolicyEngine } from '#policy/engine.js';
import { describeFault, type PolicyLoadFault } from '#policy/load.js';
import { ConfigurationStore, type AppliedConfiguration, type ConfigurationVersion } from './configuration-store.js';
import { RegistrySource, type Recent, type Registry } from '../ports.js';
import { Glances } from '../glances.js';

/** A configuration whose policies this build refuses: the set in force stays, the caller says why. */
export class PoliciesRefused extends Error {
  constructor(faults: readonly PolicyLoadFault[]) {
    super(`the policies are refused:\n${faults.map((fault) => `  ${describeFault(fault)}`).join('\n')}`);
    this.name = 'PoliciesRefused';
  }
}

/**
 * The version of a policy set over a catalog.
 * @param odd is told what is valid but odd, a line each
 * @throws PoliciesRefused listing every fault
 */
export function checkPolicies(
  files: AppliedConfiguration['policies'],
  catalog: Catalog,
  odd: (line: string) => void = () => undefined,
): string {
  const engine = engineFor(files, catalog);
  for (const warning of engine.warnings) odd(describeFault(warning));
  return engine.version;
}

function engineFor(files: AppliedConfiguration['policies'], catalog: Catalog): PolicyEngine {
  const engine = PolicyEngine.create(files, catalog);
  if (engine instanceof PolicyEngine) return engine;
  throw new PoliciesRefused(engine);
}

/** Requests wait an hour at most, in which few configurations are applied. */
const EARLIER_KEPT_MAX = 8;

/**
 * Asks which version is in force at every use, and loads it when it moved. Those who ask together share a glance, or wait
 * for the next one: nobody is told of a time before they asked.
 */
@Injectable()
export class LiveRegistry extends RegistrySource {
  private loaded: LoadedRegistry | null = null;
  /** What was loaded under which name. */
  private seen: Recent | null = null;
  private loading: { readonly configuration: string | null; readonly registry: Promise<Registry> } | null = null;
  private readonly earlier = new Map<string, Registry>();

  /** @param glances without them the store is asked each time */
  constructor(
    private readonly store: ConfigurationStore,
    @Inject(Glances) private readonly glances: Pick<Glances, 'known' | 'since'> | null = null,
  ) {
    super();
  }

  override async current(askedAt = performance.now()): Promise<Registry> {
    if (this.glances === null) return this.load();
    const { configuration } = this.glances.known(askedAt) ?? (await this.glances.since(askedAt));
    if (this.seen?.configuration === configuration) return this.seen.registry;
    if (this.loading?.configuration === configuration) return this.loading.registry;
    const registry = this.load().finally(() => (this.loading = null));
    this.loading = { configuration, registry };
    // Read after the glance: where the name is the same later on, this is what it names.
    this.seen = { configuration, registry: await registry };
    return registry;
  }

  override recent(): Recent | null {
    return this.seen;
  }

  override async pinned(policyVersion: string, at: number): Promise<Registry | null> {
    const current = await this.current();
    if (current.policyVersion === policyVersion) return current;
    const known = this.earlier.get(policyVersion);
    if (known !== undefined) return known;
    for (const applied of await this.store.inForce(policyVersion, at)) {
      const registry = loadedOrNull(applied);
      // Its name is the hash of its policies: a row that only calls itself so is another one.
      if (registry?.policyVersion !== policyVersion) continue;
      if (this.earlier.size >= EARLIER_KEPT_MAX) this.earlier.clear();
      this.earlier.set(policyVersion, registry);
      return registry;
    }
    return null;
  }

  private async load(): Promise<Registry> {
    const newest = await this.store.currentVersion();
    if (newest !== null && this.loaded?.is(newest) === true) return this.loaded;
    const applied = await this.store.current();
    if (applied === null) throw new Error('no configuration was ever applied: run `npx writ apply`');
    this.loaded = new LoadedRegistry(applied);
    return this.loaded;
  }
}

/** `null` for policies that this build refuses. */
function loadedOrNull(applied: AppliedConfiguration): LoadedRegistry | null {
  try {
    return new LoadedRegistry(applied);
  } catch (error) {
    if (error instanceof PoliciesRefused) return null;
    throw error;
  }
}

/** A configuration as it decides. @throws PoliciesRefused for policies that this build refuses */
export function registryOf(applied: AppliedConfiguration): Registry {
  return new LoadedRegistry(applied);
}

class LoadedRegistry implements Registry {
  readonly seq: string;
  readonly catalog: AppliedConfiguration['catalog'];
  readonly policyFiles: Registry['policyFiles'];
  readonly words: Registry['words'];
  private readonly engine: PolicyEngine;

  constructor(private readonly applied: AppliedConfiguration) {
    this.seq = applied.seq;
    this.catalog = applied.catalog;
    this.engine = engineFor(applied.policies, applied.catalog);
    this.words = catalogWords(applied.catalog, (action) => this.engine.argumentsRead(action));
    this.policyFiles = applied.policies.map(({ name, text }) => ({
      name,
      text,
      policies: this.engine.policies
        .filter((policy) => policy.file === name)
        .map(({ id, line, terms }) => ({ id, role: terms.role, line })),
    }));
  }

  is({ seq, sha256 }: ConfigurationVersion): boolean {
    return this.applied.seq === seq && this.applied.sha256 === sha256;
  }

  get policyVersion(): string {
    return this.engine.version;
  }

  decide(question: PolicyQuestion): PolicyDecision {
    return this.engine.decide(question);
  }

  couldPermit(agent: PolicyQuestion['agent'], resource: string, action: string): boolean {
    return this.engine.couldPermit(agent, resource, action);
  }

  decideEmptyAsk(
    agent: PolicyQuestion['agent'],
    resource: string,
    action: string,
    facts: AgentFacts,
    nowMs: number,
  ): PolicyDecision {
    return this.engine.decideEmptyAsk(agent, resource, action, facts, nowMs);
  }
}
