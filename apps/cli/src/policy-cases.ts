import { LIMITS } from '#domain/limits.js';
import type { AgentFacts, Gate, PolicyOutcome } from '#domain/policy-decision.js';
import { CatalogNode } from '#platform/config/catalog/catalog-node.js';
import { ProblemList } from '#platform/config/configuration-error.js';
import { parseYaml, readTextFile } from '#platform/config/catalog/yaml-document.js';

const NAME_LENGTH_MAX = 200;
const TEXT_LENGTH_MAX = 500;
const COUNT_MAX = 1_000_000;
/** A Monday noon: cases that do not speak of time must not change with the day they run on. */
const NOON_MS = Date.parse('2026-01-05T12:00:00Z');
const OUTCOMES = ['allow', 'require_approval', 'deny'] as const;
/** Members of a case that are the request's own, in the form that agents send them. */
const ASKED = ['resource', 'authorization_details', 'requested_ttl', 'max_uses', 'break_glass'] as const;

/** What must come of an ask. Members left out are not looked at. */
export interface Expectation {
  readonly outcome: PolicyOutcome;
  readonly determining?: readonly string[];
  readonly gates?: readonly Gate[];
  /** Seconds that people have. */
  readonly window?: number;
  /** Null: no cap. */
  readonly max_ttl?: number | null;
  readonly max_uses?: number | null;
  /** Null: approvals need no passkey. */
  readonly step_up?: 'webauthn' | null;
  /** Null: Slack can approve. */
  readonly slack?: 'deny_only' | null;
  readonly reasons?: readonly string[];
  readonly denial?: string;
}

/** One question put to the policies and the answer it must get. */
export interface PolicyCase {
  readonly name: string;
  readonly agent: string;
  /** The body of an escalation request, unread: it goes through the same reader as an agent's. */
  readonly body: Readonly<Record<string, unknown>>;
  readonly chainDepth: number;
  readonly facts: AgentFacts;
  readonly atMs: number;
  readonly expect: Expectation;
}

/**
 * Reads the cases of a YAML file (absolute path), strictly: unknown keys are refused.
 * @throws ConfigurationError with every problem of the file
 */
export function readPolicyCases(file: string): PolicyCase[] {
  const problems = new ProblemList();
  const text = readTextFile(file, 'the file', problems);
  const document = text === null ? undefined : parseYaml(text, 'the file', problems);
  const subject = `The policy tests in ${file}`;
  problems.throwIfAny(subject);
  const root = new CatalogNode(document, '', problems);
  if (!root.isMapping) problems.add('the file', 'must be a mapping with `cases`');
  const cases = root.isMapping ? root.fields(['cases']).cases.items().map(readCase) : [];
  if (problems.isEmpty && cases.length === 0) problems.add('cases', 'must hold at least one case');
  problems.throwIfAny(subject);
  return cases;
}

function readCase(node: CatalogNode): PolicyCase {
  const optional = ['requested_ttl', 'max_uses', 'break_glass', 'ticket', 'chain_depth', 'facts', 'at'] as const;
  const fields = node.fields(['name', 'agent', 'resource', 'authorization_details', 'expect'], optional);
  const asked = ASKED.filter((key) => fields[key].isPresent).map((key) => [key, fields[key].value] as const);
  const task = { id: 'policy-test', ...(fields.ticket.isPresent && { ticket: fields.ticket.value }) };
  return {
    name: fields.name.text(NAME_LENGTH_MAX),
    agent: fields.agent.id(),
    body: { ...Object.fromEntries(asked), task },
    chainDepth: fields.chain_depth.integer(0, LIMITS.chainDepthMax, 0),
    facts: readFacts(fields.facts),
    atMs: readTime(fields.at),
    expect: readExpectation(fields.expect),
  };
}

function readFacts(node: CatalogNode): AgentFacts {
  const fields = node.fields(
    [],
    ['recent_denials', 'open_grants', 'pending_asks', 'granted_last_hour', 'granted_last_day'],
  );
  const counts = (byAction: CatalogNode): Record<string, number> =>
    Object.fromEntries(byAction.entries().map(({ key, node: item }) => [key, item.integer(0, COUNT_MAX, 0)]));
  return {
    recent_denials: fields.recent_denials.integer(0, COUNT_MAX, 0),
    open_grants: fields.open_grants.integer(0, COUNT_MAX, 0),
    pending_asks: fields.pending_asks.integer(0, COUNT_MAX, 0),
    granted_last_hour: counts(fields.granted_last_hour),
    granted_last_day: counts(fields.granted_last_day),
  };
}

function readTime(node: CatalogNode): number {
  if (!node.isPresent) return NOON_MS;
  const grammar = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})$/;
  const rule = 'must be a time such as 2026-01-05T22:30:00Z';
  const ms = Date.parse(node.matching(grammar, rule));
  if (Number.isNaN(ms) && typeof node.value === 'string' && grammar.test(node.value)) node.refuse(rule);
  return ms;
}

function readExpectation(node: CatalogNode): Expectation {
  const channels = ['step_up', 'slack'] as const;
  const optional = ['determining', 'gates', 'window', 'max_ttl', 'max_uses', 'reasons', 'denial'] as const;
  const fields = node.fields(['outcome'], [...optional, ...channels]);
  const texts = (list: CatalogNode): string[] => list.items().map((item) => item.text(TEXT_LENGTH_MAX));
  return {
    outcome: fields.outcome.oneOf(OUTCOMES),
    ...(fields.determining.isPresent && { determining: texts(fields.determining) }),
    ...(fields.gates.isPresent && { gates: fields.gates.items().map(readGate) }),
    ...(fields.window.isPresent && { window: fields.window.integer(1, COUNT_MAX, 1) }),
    ...(fields.max_ttl.isPresent && { max_ttl: readCap(fields.max_ttl) }),
    ...(fields.max_uses.isPresent && { max_uses: readCap(fields.max_uses) }),
    ...(fields.step_up.isPresent && { step_up: readWord(fields.step_up, 'webauthn') }),
    ...(fields.slack.isPresent && { slack: readWord(fields.slack, 'deny_only') }),
    ...(fields.reasons.isPresent && { reasons: texts(fields.reasons) }),
    ...(fields.denial.isPresent && { denial: fields.denial.text(TEXT_LENGTH_MAX) }),
  };
}

function readGate(node: CatalogNode): Gate {
  const { group, quorum } = node.fields(['group'], ['quorum']);
  return { group: group.id(), quorum: quorum.integer(1, COUNT_MAX, 1) };
}

function readWord<W extends string>(node: CatalogNode, word: W): W | null {
  return node.value === null ? null : node.oneOf([word]);
}

function readCap(node: CatalogNode): number | null {
  return node.value === null ? null : node.integer(1, COUNT_MAX, 1);
}
