import {
  preparsePolicySet,
  preparseSchema,
  statefulIsAuthorized,
  type CheckParseAnswer,
} from '@cedar-policy/cedar-wasm/nodejs';
import type { ToolCall } from '#domain/authority/authorization-details.js';
import type { Catalog, CatalogAction, CatalogResource } from '#domain/catalog.js';
import { LIMITS } from '#domain/limits.js';
import type { AgentFacts, PolicyDecision, PolicyQuestion } from '#domain/policy-decision.js';
import { combine, type PairAnswer } from './combine.js';
import {
  isRefusedSet,
  loadPolicies,
  type LoadedPolicies,
  type LoadedPolicy,
  type PolicyFile,
  type PolicyLoadFault,
} from './load.js';
import type { CedarSchema } from './schema.js';
import { Slicer, type Slice } from './slice.js';
import { SlotPool } from './slots.js';
import { cedarRequest, clockFacts, countOf, emptyArguments, Misfit } from './values.js';

type PolicyTexts = Readonly<Record<string, string>>;

const policySlots = new SlotPool<PolicyTexts>({
  prefix: 'writ-slice-',
  slots: 256,
  // About 5 KiB of memory a policy: 20,000 of them bound the wasm heap near 100 MiB.
  weightMax: 20_000,
  put: (slot, texts) => mustParse(preparsePolicySet(slot, { staticPolicies: { ...texts } })),
  empty: {},
});

const schemaSlots = new SlotPool<CedarSchema>({
  prefix: 'writ-schema-',
  slots: 8,
  weightMax: 8,
  put: (slot, schema) => mustParse(preparseSchema(slot, schema)),
  empty: { Writ: { entityTypes: {}, actions: {} } },
});

/** Stands for whatever is named, where an ask must name something. */
const EMPTY_IDENTIFIER = '-';

/**
 * One policy set at work. Immutable: a new set is a new engine, and one that is refused leaves the running engine as it
 * was. Synchronous and free of IO; the clock and the store's facts come with the question.
 */
export class PolicyEngine {
  private readonly slicer: Slicer;
  private readonly resources: ReadonlyMap<string, CatalogResource>;
  private readonly reads = new Map<string, ReadonlySet<string>>();

  private constructor(
    private readonly loaded: LoadedPolicies,
    catalog: Catalog,
  ) {
    this.slicer = new Slicer(loaded.policies);
    this.resources = new Map(catalog.resources.map((resource) => [resource.id, resource]));
  }

  /** An engine for these files and this catalogue, or every fault that refuses the set. */
  static create(files: readonly PolicyFile[], catalog: Catalog): PolicyEngine | PolicyLoadFault[] {
    const loaded = loadPolicies(files, catalog);
    return isRefusedSet(loaded) ? loaded : new PolicyEngine(loaded, catalog);
  }

  /** `sha256:` of the set and its schema. */
  get version(): string {
    return this.loaded.version;
  }

  /** What is odd but valid in the set. */
  get warnings(): readonly PolicyLoadFault[] {
    return this.loaded.warnings;
  }

  /** The `@id`s of the set in load order, with file, line and terms, for people who look for a policy. */
  get policies(): readonly LoadedPolicy[] {
    return this.loaded.policies;
  }

  /** Names of the arguments that policies in whose scope this action is read. */
  argumentsRead(action: string): ReadonlySet<string> {
    const known = this.reads.get(action);
    if (known !== undefined) return known;
    const inScope = this.policies.filter(({ scope }) => scope.actions === null || scope.actions.includes(action));
    const read = new Set(inScope.flatMap(({ reads }) => reads));
    // Actions come from the catalogue or from requests that were checked against one: there are few.
    this.reads.set(action, read);
    return read;
  }

  /** Decides a request: one evaluation for each (element, action) pair, over the policies whose scope can match it. */
  decide(question: PolicyQuestion): PolicyDecision {
    return this.decideOver(question, (action) =>
      this.slicer.sliceFor({
        agent: question.agent.id,
        groups: question.agent.groups,
        action,
        resource: question.request.resource,
      }),
    );
  }

  /** As `decide` but over the whole set for each pair; slower, and equal but for the longer `unsatisfied` lists. */
  decideFull(question: PolicyQuestion): PolicyDecision {
    return this.decideOver(question, () => this.slicer.full);
  }

  /**
   * Decides an ask for `action` alone: default time, no ticket, no identifier, unlimited uses, and
   * of the arguments only the required ones at their smallest values. Unknown resources and actions are denied.
   */
  decideEmptyAsk(
    agent: PolicyQuestion['agent'],
    resource: string,
    action: string,
    facts: AgentFacts,
    nowMs: number,
  ): PolicyDecision {
    const known = this.resources.get(resource);
    const args = emptyArguments(actionOf(known, action)?.arguments ?? null);
    const element: ToolCall = {
      type: 'tool_call',
      actions: [action],
      ...(actionOf(known, action)?.identifierRequired === true && { identifier: EMPTY_IDENTIFIER }),
      ...(args === undefined ? {} : { arguments: args }),
    };
    const request = {
      resource,
      authorization_details: [element],
      requested_ttl: Math.min(LIMITS.requestedTtlSecondsDefault, known?.maxTokenTtlSeconds ?? Infinity),
      max_uses: null,
      task: { id: 'empty-ask', description: null, ticket: null },
      justification: null,
      evidence: [],
      break_glass: false,
      chain: [],
    };
    return this.decide({ agent, request, facts, nowMs });
  }

  /** True when some permit's scope names this agent, action and resource: with the right request it could be granted. */
  couldPermit(agent: PolicyQuestion['agent'], resource: string, action: string): boolean {
    const { ids } = this.slicer.sliceFor({ agent: agent.id, groups: agent.groups, action, resource });
    return ids.some((id) => this.slicer.termsOf(id).role !== 'forbid');
  }

  private decideOver(question: PolicyQuestion, sliceFor: (action: string) => Slice): PolicyDecision {
    const answers = question.request.authorization_details.flatMap((element, index) =>
      element.actions.map((action) => this.answer(question, element, index, action, sliceFor)),
    );
    return combine(answers, (id) => this.slicer.termsOf(id), this.version, this.factsOf(question));
  }

  private answer(
    question: PolicyQuestion,
    element: ToolCall,
    index: number,
    actionName: string,
    sliceFor: (action: string) => Slice,
  ): PairAnswer {
    const pair = { element: index, action: actionName };
    const misfit = (why: string): PairAnswer => ({ ...pair, satisfied: [], unsatisfied: [], failed: [], misfit: why });
    const resource = this.resources.get(question.request.resource);
    const action = actionOf(resource, actionName);
    if (resource === undefined || action === undefined) return misfit('action: not configured for this resource');
    const request = cedarRequest(question, element, resource, action);
    if (request instanceof Misfit) return misfit(request.why);
    const slice = sliceFor(actionName);
    const response = statefulIsAuthorized({
      ...request,
      preparsedSchemaName: schemaSlots.slotOf(this.version, 1, () => this.loaded.schema),
      preparsedPolicySetId: policySlots.slotOf(`${this.version} ${slice.key}`, slice.ids.length, slice.texts),
      validateRequest: true,
    });
    if (response.type === 'failure') return misfit('request: refused by Cedar');
    const { decision, diagnostics } = response.response;
    const matched = new Set(diagnostics.reason);
    const failed = diagnostics.errors.map((error) => error.policyId);
    // Cedar names the matching forbids of a denial and the matching permits otherwise; of a denial by forbid the permits
    // are not known, so they stand in neither list.
    const forbidden = decision === 'deny' && matched.size > 0;
    const told = slice.ids.filter((id) => !forbidden || this.slicer.termsOf(id).role === 'forbid');
    return {
      ...pair,
      satisfied: slice.ids.filter((id) => matched.has(id)),
      unsatisfied: told.filter((id) => !matched.has(id) && !failed.includes(id)),
      failed: slice.ids.filter((id) => failed.includes(id)),
      misfit: null,
    };
  }

  /** The facts as recorded: what the context held, counts by action asked, and what the catalogue said. */
  private factsOf(question: PolicyQuestion): Readonly<Record<string, unknown>> {
    const { request, facts, agent } = question;
    const resource = this.resources.get(request.resource);
    const actions = [...new Set(request.authorization_details.flatMap((element) => element.actions))].sort();
    const byAction = <T>(value: (action: string) => T): Record<string, T> =>
      Object.fromEntries(actions.map((action) => [action, value(action)]));
    return {
      groups: [...agent.groups].sort(),
      environment: resource?.environment ?? null,
      classification: resource?.classification ?? null,
      risk: byAction((action) => actionOf(resource, action)?.risk ?? null),
      max_token_ttl: resource?.maxTokenTtlSeconds ?? null,
      heartbeat: byAction((action) => actionOf(resource, action)?.heartbeatSeconds ?? null),
      requested_ttl: request.requested_ttl,
      max_uses: request.max_uses,
      break_glass: request.break_glass,
      chain_depth: request.chain.length,
      ...clockFacts(question.nowMs),
      has_ticket: request.task.ticket !== null,
      recent_denials: facts.recent_denials,
      open_grants: facts.open_grants,
      pending_asks: facts.pending_asks,
      granted_last_hour: byAction((action) => countOf(facts.granted_last_hour, action)),
      granted_last_day: byAction((action) => countOf(facts.granted_last_day, action)),
    };
  }
}

function actionOf(resource: CatalogResource | undefined, name: string): CatalogAction | undefined {
  return resource?.actions.find((action) => action.name === name);
}

function mustParse(answer: CheckParseAnswer): void {
  if (answer.type === 'failure') throw new Error(`a loaded policy set no longer parses: ${answer.errors[0]?.message}`);
}
