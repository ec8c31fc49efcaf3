import {
  policySetTextToParts,
  policyToJson,
  validate,
  type DetailedError,
  type PolicyJson,
} from '@cedar-policy/cedar-wasm/nodejs';
import { sha256Of } from '#domain/authority/digest.js';
import type { Catalog } from '#domain/catalog.js';
import { isFaulty, readAnnotations, type PolicyTerms } from './annotations.js';
import { absenceEscapes, argumentsRead } from './absence.js';
import { compileScope, entitiesNamed, type Scope } from './scope.js';
import { AGENT_TYPE, generateSchema, GROUP_TYPE, RESOURCE_TYPE, type CedarSchema } from './schema.js';

/** One `*.cedar` file of the configuration folder: its name and whole text. */
export interface PolicyFile {
  readonly name: string;
  readonly text: string;
}

/** Why a set is refused. `policy` is its `@id` where it has one, `line` where the policy (or the parse error) begins. */
export interface PolicyLoadFault {
  readonly file: string;
  readonly policy: string | null;
  readonly line: number | null;
  readonly rule: string;
}

export interface LoadedPolicy {
  readonly id: string;
  readonly file: string;
  readonly line: number;
  readonly text: string;
  readonly terms: PolicyTerms;
  readonly scope: Scope;
  /** Names of the arguments that its conditions read. */
  readonly reads: readonly string[];
}

/** A policy set in order: parsed, strictly valid, every annotation known and in range. */
export interface LoadedPolicies {
  /** `sha256:` over the files, sorted by name, and the generated schema. */
  readonly version: string;
  readonly schema: CedarSchema;
  /** Sorted by file name, then by place in the file. */
  readonly policies: readonly LoadedPolicy[];
  /**
   * What is odd but valid, by place: a policy that can never match, that names an agent or resource which is not configured, or a
   * forbid that an ask escapes by leaving out what it reads.
   */
  readonly warnings: readonly PolicyLoadFault[];
}

interface ReadPolicy {
  readonly file: string;
  readonly line: number;
  readonly text: string;
  readonly json: PolicyJson;
  readonly id: string | null;
  readonly terms: PolicyTerms | readonly string[];
}

/** Of a warning; the others are counted. */
const ACTIONS_NAMED = 3;

const CONFIGURATION_FILE = 'writ.yaml';

/**
 * Reads, validates and versions a policy set against a catalogue. Either the whole set is in order or nothing is loaded:
 * the answer is then every fault found, in one list by file and line. An empty set is in order and permits nothing.
 */
export function loadPolicies(files: readonly PolicyFile[], catalog: Catalog): LoadedPolicies | PolicyLoadFault[] {
  const generated = generateSchema(catalog);
  if (!generated.ok)
    return generated.faults.map((rule) => ({ file: CONFIGURATION_FILE, policy: null, line: null, rule }));
  const sorted = [...files].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  const faults: PolicyLoadFault[] = [];
  const read: ReadPolicy[] = [];
  sorted.forEach((file, index) => {
    if (file.name === sorted[index - 1]?.name) faults.push(faultIn(file.name, null, null, 'two files have this name'));
    read.push(...readFile(file, catalog, faults));
  });
  const unknown = unknownEntities(read, catalog);
  faults.push(...duplicateIds(read), ...read.flatMap(annotationFaults), ...unknown.faults);
  const validated = validateStrictly(read, generated.schema);
  faults.push(...validated.faults);
  if (faults.length > 0) return faults.sort(byPlace);
  return {
    version: sha256Of({ v: 1, files: sorted.map(({ name, text }) => ({ name, text })), schema: generated.schema }),
    schema: generated.schema,
    policies: read.flatMap((policy) => {
      const { terms, file, line, text, json } = policy;
      return isFaulty(terms)
        ? []
        : [{ id: terms.id, file, line, text, terms, scope: compileScope(json), reads: argumentsRead(json) }];
    }),
    warnings: [
      ...unknown.warnings,
      ...validated.warnings,
      ...absenceEscapes(read, generated.schema).map(({ policy, member, actions }) =>
        faultOf(policy, escapeRule(member, actions)),
      ),
    ].sort(byPlace),
  };
}

/** True when `loadPolicies` (or an engine made from it) was refused. */
export function isRefusedSet<T extends object>(result: T | PolicyLoadFault[]): result is PolicyLoadFault[] {
  return Array.isArray(result);
}

/** As one reads them: by file and line; what is about a whole file first. */
function byPlace(a: PolicyLoadFault, b: PolicyLoadFault): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  return (a.line ?? 0) - (b.line ?? 0);
}

/** One fault as one line of text: `file:line policy "id": rule`. */
export function describeFault(fault: PolicyLoadFault): string {
  const place = fault.line === null ? fault.file : `${fault.file}:${fault.line}`;
  return fault.policy === null
    ? `${place}: ${fault.rule}`
    : `${place} policy ${JSON.stringify(fault.policy)}: ${fault.rule}`;
}

function readFile(file: PolicyFile, catalog: Catalog, faults: PolicyLoadFault[]): ReadPolicy[] {
  const parts = policySetTextToParts(file.text);
  if (parts.type === 'failure') {
    faults.push(
      ...parts.errors.map((error) => faultIn(file.name, null, lineOfError(error, file.text), parseRule(error))),
    );
    return [];
  }
  const place = linesOf(file.text);
  for (const template of parts.policy_templates) {
    faults.push(
      faultIn(file.name, null, place(template), 'templates are not supported: write the principal and resource out'),
    );
  }
  const read: ReadPolicy[] = [];
  for (const text of parts.policies) {
    const answer = policyToJson(text);
    const line = place(text);
    if (answer.type === 'failure') {
      faults.push(...answer.errors.map((error) => faultIn(file.name, null, line, parseRule(error))));
      continue;
    }
    const { json } = answer;
    const annotations: Readonly<Record<string, string | null>> = json.annotations ?? {};
    const id = Object.hasOwn(annotations, 'id') ? (annotations['id'] ?? null) : null;
    read.push({ file: file.name, line, text, json, id, terms: readAnnotations(annotations, json.effect, catalog) });
  }
  return read.sort((a, b) => a.line - b.line);
}

function annotationFaults(policy: ReadPolicy): PolicyLoadFault[] {
  return isFaulty(policy.terms) ? policy.terms.map((rule) => faultOf(policy, rule)) : [];
}

function duplicateIds(read: readonly ReadPolicy[]): PolicyLoadFault[] {
  const first = new Map<string, ReadPolicy>();
  return read.flatMap((policy) => {
    if (policy.id === null) return [];
    const earlier = first.get(policy.id);
    if (earlier !== undefined) return [faultOf(policy, `@id is already taken at ${earlier.file}:${earlier.line}`)];
    first.set(policy.id, policy);
    return [];
  });
}

/**
 * Cedar checks actions against the schema but no other id, and a `forbid` on a mistyped id forbids nothing. Agents and
 * resources may still be named after they have left the configuration: that is odd, no fault.
 */
function unknownEntities(
  read: readonly ReadPolicy[],
  catalog: Catalog,
): { readonly faults: PolicyLoadFault[]; readonly warnings: PolicyLoadFault[] } {
  const known: Readonly<Record<string, { readonly word: string; readonly ids: ReadonlySet<string> }>> = {
    [AGENT_TYPE]: { word: 'agent', ids: new Set(catalog.agents.map((agent) => agent.id)) },
    [GROUP_TYPE]: { word: 'group', ids: new Set(catalog.groups.map((group) => group.id)) },
    [RESOURCE_TYPE]: { word: 'resource', ids: new Set(catalog.resources.map((resource) => resource.id)) },
  };
  const faults: PolicyLoadFault[] = [];
  const warnings: PolicyLoadFault[] = [];
  for (const policy of read) {
    const { principal, action, resource, conditions } = policy.json;
    const told = new Set<string>();
    for (const { type, id } of entitiesNamed([principal, action, resource, conditions])) {
      const kind = known[type];
      if (kind === undefined || kind.ids.has(id) || told.has(`${type} ${id}`)) continue;
      told.add(`${type} ${id}`);
      const fault = faultOf(policy, `names ${kind.word} ${JSON.stringify(id)}, which is not configured`);
      (type === GROUP_TYPE ? faults : warnings).push(fault);
    }
  }
  return { faults, warnings };
}

function validateStrictly(
  read: readonly ReadPolicy[],
  schema: CedarSchema,
): { readonly faults: PolicyLoadFault[]; readonly warnings: PolicyLoadFault[] } {
  const staticPolicies = Object.fromEntries(read.map((policy, index) => [`p${index}`, policy.text]));
  const answer = validate({ schema, policies: { staticPolicies }, validationSettings: { mode: 'strict' } });
  if (answer.type === 'failure') {
    const faults = answer.errors.map((error) => faultIn(CONFIGURATION_FILE, null, null, parseRule(error)));
    return { faults, warnings: [] };
  }
  const place = ({ policyId, error }: { policyId: string; error: DetailedError }): PolicyLoadFault => {
    const policy = read[Number(policyId.slice(1))];
    const rule = sentence(error, error.message.replace(/^for policy `[^`]*`, /, ''));
    return policy === undefined ? faultIn(CONFIGURATION_FILE, null, null, rule) : faultOf(policy, rule);
  };
  return { faults: answer.validationErrors.map(place), warnings: answer.validationWarnings.map(place) };
}

function escapeRule(member: string, actions: readonly string[]): string {
  const named = `${actions.slice(0, ACTIONS_NAMED).join(', ')}${actions.length > ACTIONS_NAMED ? ` and ${actions.length - ACTIONS_NAMED} more` : ''}`;
  const [, owner, name] = /^(.*)\.([^.]*)$/.exec(member) ?? [];
  const closed = `forbid it unless { ${owner} has ${name} }`;
  return `reads ${member} only where it is given: an ask for ${named} that leaves it out covers every value and is not refused; ${closed}${
    member === 'context.identifier' ? ', or say identifier: required of the action in writ.yaml' : ''
  }`;
}

function faultOf(policy: ReadPolicy, rule: string): PolicyLoadFault {
  return faultIn(policy.file, policy.id, policy.line, rule);
}

function faultIn(file: string, policy: string | null, line: number | null, rule: string): PolicyLoadFault {
  return { file, policy, line, rule };
}

function parseRule(error: DetailedError): string {
  return sentence(error, error.message);
}

function sentence(error: DetailedError, message: string): string {
  const hint = error.help ?? error.sourceLocations?.find((location) => location.label !== null)?.label ?? null;
  return hint === null ? message : `${message} (${hint})`;
}

/** Cedar's offsets count UTF-8 bytes. */
function lineOfError(error: DetailedError, text: string): number | null {
  const start = error.sourceLocations?.[0]?.start;
  return start === undefined
    ? null
    : lineAt(new TextDecoder().decode(new TextEncoder().encode(text).subarray(0, start)));
}

/** Finds the line of each part of a file; a part that stands twice is found at its next place each time. */
function linesOf(text: string): (part: string) => number {
  const searchedTo = new Map<string, number>();
  return (part) => {
    const offset = text.indexOf(part, searchedTo.get(part) ?? 0);
    if (offset < 0) return 1;
    searchedTo.set(part, offset + part.length);
    return lineAt(text.slice(0, offset));
  };
}

function lineAt(before: string): number {
  return before.split('\n').length;
}
