// The request's class is read by decorators that ask for this when they load.
import 'reflect-metadata';
import { readBody } from '#contracts/wire/body-reader.js';
import { EscalationBody, toEscalationRequest } from '#contracts/ask/escalation.dto.js';
import { eligibleSitters, type Candidate } from '#domain/approval/eligibility.js';
import { seat } from '#domain/approval/quorum.js';
import type { EscalationRequest } from '#domain/authority/authorization-details.js';
import { type Catalog, resourceIn } from '#domain/catalog.js';
import type { Gate, PolicyDecision } from '#domain/policy-decision.js';
import { isRefusal, type Refusal } from '#domain/refusal.js';
import { checkCatalog, type KnownAsk } from '#escalations/judge/check-catalog.js';
import type { PolicyEngine } from '#policy/engine.js';
import type { Expectation, PolicyCase } from './policy-cases.js';

type Comparable = string | number | readonly (string | Gate)[] | null | undefined;

/** How a case went: no faults is a pass. */
export interface CaseResult {
  readonly faults: readonly string[];
  /** The policies that decided; none when the request was refused before any was asked. */
  readonly determining: readonly string[];
}

type Answer = Pick<
  PolicyDecision,
  'outcome' | 'determining' | 'gates' | 'windowSeconds' | 'maxTtl' | 'maxUses' | 'stepUp' | 'slack' | 'reasons'
> & {
  readonly denial: string | null;
};

/** Asks as an agent would: the same reading, the same catalogue, the same policies, the same look for approvers. */
export function runPolicyCase(testCase: PolicyCase, catalog: Catalog, engine: PolicyEngine): CaseResult {
  const request = requestOf(testCase, catalog);
  if (isRefusal(request)) return refused(request);
  const known = checkCatalog(catalog, testCase.agent, request);
  if (isRefusal(known)) return refused(known);
  const { facts, atMs: nowMs } = testCase;
  const decision = engine.decide({ agent: { id: known.agent.id, groups: known.agent.groups }, request, facts, nowMs });
  return {
    faults: differences(testCase.expect, answerOf(decision, known, request, catalog)),
    determining: decision.determining,
  };
}

/** Each member of the expectation that the answer does not meet, as one line. */
export function differences(expect: Expectation, answer: Answer): string[] {
  const met: Record<keyof Expectation, Comparable> = {
    outcome: answer.outcome,
    determining: answer.determining,
    gates: answer.gates,
    window: answer.windowSeconds,
    max_ttl: answer.maxTtl,
    max_uses: answer.maxUses,
    step_up: answer.stepUp,
    slack: answer.slack,
    reasons: answer.reasons,
    denial: answer.denial,
  };
  const faults = (Object.keys(expect) as (keyof Expectation)[])
    .filter((member) => words(expect[member]) !== words(met[member]))
    .map((member) => `${member}: expected ${words(expect[member])}, got ${words(met[member])}`);
  const why = `because of ${words(answer.determining)}${answer.denial === null ? '' : ` (${answer.denial})`}`;
  return faults.length > 0 && expect.determining === undefined ? [...faults, why] : faults;
}

/** Lists are sets here: their order says nothing. */
function words(value: Comparable): string {
  if (value === null || value === undefined) return 'none';
  if (typeof value !== 'object') return `${value}`;
  const items = value.map((item) => (typeof item === 'string' ? item : `${item.group} x${item.quorum}`));
  return items.length === 0 ? 'none' : items.sort().join(', ');
}

function requestOf(testCase: PolicyCase, catalog: Catalog): EscalationRequest | Refusal {
  const body = readBody(EscalationBody, testCase.body);
  if (isRefusal(body)) return body;
  const resource = resourceIn(catalog, body.resource);
  const request = toEscalationRequest(body, resource?.maxTokenTtlSeconds ?? null);
  if (isRefusal(request)) return request;
  const chain = Array.from({ length: testCase.chainDepth }, (_link, depth) => ({
    iss: 'https://policy-test.example',
    sub: `agent:link-${depth + 1}`,
  }));
  return { ...request, chain };
}

function refused({ detail, code, errors = [] }: Refusal): CaseResult {
  const faults = errors.map(({ pointer, rule }) => `${pointer || 'the request'}: ${rule}`);
  return {
    faults: [`the request is refused before any policy is asked (${code}): ${detail}`, ...faults],
    determining: [],
  };
}

/** The policies' answer, denied where the agent's owner leaves too few people to ask. */
function answerOf(decision: PolicyDecision, known: KnownAsk, request: EscalationRequest, catalog: Catalog): Answer {
  const sitters = eligibleSitters(votersOf(catalog), decision.gates, {
    owner: known.agent.owner,
    chain: request.chain,
  });
  const unanswerable = decision.outcome === 'require_approval' && !seat(decision.gates, sitters).complete;
  return unanswerable
    ? { ...decision, outcome: 'deny', denial: 'no_eligible_approvers' }
    : { ...decision, denial: decision.denialCode };
}

function votersOf(catalog: Catalog): Candidate[] {
  return catalog.people.map(({ id, roles }) => ({
    person: id,
    roles,
    groups: catalog.groups.filter((group) => group.members.includes(id)).map((group) => group.id),
  }));
}
