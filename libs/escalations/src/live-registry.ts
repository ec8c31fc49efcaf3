import { Injectable } from '@nestjs/common';
import type { AgentFacts, PolicyDecision, PolicyOutcome, PolicyQuestion } from '#domain/policy-decision.js';
import type { Catalog } from '#domain/catalog.js';
import { PolicyEngine } from '#policy/engine.js';
import { describeFault, type PolicyLoadFault } from '#policy/load.js';
import { ConfigurationStore, RegistrySource, type AppliedConfiguration, type Registry } from './ports.js';

/** A configuration whose policies this build refuses: the set in force stays, the caller says why. */
export class PoliciesRefused extends Error {
  constructor(faults: readonly PolicyLoadFault[]) {
    super(`the policies are refused:\n${faults.map((fault) => `  ${describeFault(fault)}`).join('\n')}`);
    this.name = 'PoliciesRefused';
  }
}

/** The version of a policy set over a catalog. @throws PoliciesRefused listing every fault */
export function checkPolicies(files: AppliedConfiguration['policies'], catalog: Catalog): string {
  return engineFor(files, catalog).version;
}

function engineFor(files: AppliedConfiguration['policies'], catalog: Catalog): PolicyEngine {
  const engine = PolicyEngine.create(files, catalog);
  if (engine instanceof PolicyEngine) return engine;
  throw new PoliciesRefused(engine);
}

/** Asks the store for the newest version's number at every use and loads it when it moved; askers in one turn share an answer. */
@Injectable()
export class LiveRegistry extends RegistrySource {
  private loaded: LoadedRegistry | null = null;
  private asking: Promise<Registry> | null = null;

  constructor(private readonly store: ConfigurationStore) {
    super();
  }

  override current(): Promise<Registry> {
    this.asking ??= this.load().finally(() => (this.asking = null));
    return this.asking;
  }

  private async load(): Promise<Registry> {
    const seq = await this.store.currentSeq();
    if (this.loaded?.seq === seq) return this.loaded;
    const applied = await this.store.current();
    if (applied === null) throw new Error('no configuration was ever applied: run `npx writ apply`');
    this.loaded = new LoadedRegistry(applied);
    return this.loaded;
  }
}

class LoadedRegistry implements Registry {
  readonly seq: string;
  readonly catalog: AppliedConfiguration['catalog'];
  readonly policyFiles: Registry['policyFiles'];
  private readonly engine: PolicyEngine;

  constructor(applied: AppliedConfiguration) {
    this.seq = applied.seq;
    this.catalog = applied.catalog;
    this.engine = engineFor(applied.policies, applied.catalog);
    this.policyFiles = applied.policies.map(({ name, text }) => ({
      name,
      text,
      policies: this.engine.policies
        .filter((policy) => policy.file === name)
        .map(({ id, line, terms }) => ({ id, role: terms.role, line })),
    }));
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

  outcomeForEmptyAsk(
    agent: PolicyQuestion['agent'],
    resource: string,
    action: string,
    facts: AgentFacts,
    nowMs: number,
  ): PolicyOutcome {
    return this.engine.outcomeForEmptyAsk(agent, resource, action, facts, nowMs);
  }
}
