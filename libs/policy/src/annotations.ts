import type { Catalog } from '#domain/catalog.js';
import { ACTION_NAME, LIMITS } from '#domain/limits.js';

export type PolicyRole = 'forbid' | 'allow' | 'require_approval';

/** What a policy's annotations say once they are found to be in order. */
export interface PolicyTerms {
  readonly id: string;
  readonly role: PolicyRole;
  readonly reason: string | null;
  readonly maxTtl: number | null;
  readonly maxUses: number | null;
  /** `null` unless the role is `require_approval`, like `slack`. */
  readonly stepUp: 'webauthn' | null;
  readonly slack: 'deny_only' | null;
  /** The people to ask; `null` unless the role is `require_approval`. */
  readonly gate: { readonly group: string; readonly quorum: number; readonly windowSeconds: number } | null;
}

const EVERYWHERE = ['id', 'reason'];
const ON_PERMIT = [...EVERYWHERE, 'outcome', 'max_ttl', 'max_uses'];
const ALLOWED: Readonly<Record<PolicyRole, readonly string[]>> = {
  forbid: EVERYWHERE,
  allow: ON_PERMIT,
  require_approval: [...ON_PERMIT, 'approvers', 'quorum', 'window', 'step_up', 'slack'],
};
const KNOWN = new Set(ALLOWED.require_approval);
/** Annotations that have one value: left out, nothing is demanded. */
const WORDS = { step_up: 'webauthn', slack: 'deny_only' } as const;
const NUMBERS = {
  quorum: { min: 1, max: 20 },
  window: { min: 1, max: 86_400 },
  max_ttl: { min: 1, max: LIMITS.requestedTtlSecondsMax },
  max_uses: { min: 1, max: LIMITS.maxUsesMax },
} as const;
const REASON_LENGTH_MAX = 300;

/**
 * Reads the annotations of one policy. Cedar accepts any annotation name and value; here each is known, in its place
 * and in range, or it is a fault. Returns the terms, or every rule broken, each as a short sentence.
 */
export function readAnnotations(
  annotations: Readonly<Record<string, string | null>>,
  effect: 'permit' | 'forbid',
  catalog: Catalog,
): PolicyTerms | readonly string[] {
  const faults: string[] = [];
  const values = new Map(Object.entries(annotations).map(([name, value]) => [name, value ?? '']));
  const role = readRole(values.get('outcome'), effect, faults);
  checkNames(values, effect, role, faults);
  const id = values.get('id');
  if (id === undefined) faults.push('@id is missing');
  // The grammar starts with a letter or digit: ids become member names, and `__proto__` would lose the policy.
  else if (!ACTION_NAME.test(id))
    faults.push('@id must be 1-128 of A-Z a-z 0-9 . _ : / - and start with one of A-Z a-z 0-9');
  const reason = readReason(values.get('reason'), faults);
  const number = (name: keyof typeof NUMBERS): number | null => readNumber(name, values.get(name), faults);
  const [quorum, window, maxTtl, maxUses] = [number('quorum'), number('window'), number('max_ttl'), number('max_uses')];
  const stepUp = readWord('step_up', values.get('step_up'), faults);
  const slack = readWord('slack', values.get('slack'), faults);
  const group = values.get('approvers');
  if (role === 'require_approval') checkGate(group, quorum ?? 1, catalog, faults);
  if (faults.length > 0 || id === undefined || role === null) return faults;
  const gate =
    role === 'require_approval' && group !== undefined
      ? { group, quorum: quorum ?? 1, windowSeconds: window ?? LIMITS.decisionWindowSecondsDefault }
      : null;
  return { id, role, reason, maxTtl, maxUses, stepUp, slack, gate };
}

/** True when `readAnnotations` answered with faults. */
export function isFaulty(terms: PolicyTerms | readonly string[]): terms is readonly string[] {
  return Array.isArray(terms);
}

function readRole(outcome: string | undefined, effect: 'permit' | 'forbid', faults: string[]): PolicyRole | null {
  if (effect === 'forbid') return 'forbid';
  if (outcome === 'allow' || outcome === 'require_approval') return outcome;
  faults.push(
    outcome === undefined
      ? '@outcome is missing: a permit says "allow" or "require_approval"'
      : '@outcome must be "allow" or "require_approval"',
  );
  return null;
}

function checkNames(
  values: ReadonlyMap<string, string>,
  effect: 'permit' | 'forbid',
  role: PolicyRole | null,
  faults: string[],
): void {
  for (const name of values.keys()) {
    if (!KNOWN.has(name)) faults.push(`@${name} is not an annotation of Writ`);
    else if (role !== null && !ALLOWED[role].includes(name)) {
      faults.push(
        `@${name} does not belong on a ${effect === 'forbid' ? 'forbid' : `permit with @outcome("${role}")`}`,
      );
    }
  }
}

function readReason(reason: string | undefined, faults: string[]): string | null {
  if (reason === undefined) return null;
  const length = [...reason].length;
  if (length < 1 || length > REASON_LENGTH_MAX) faults.push(`@reason must have 1-${REASON_LENGTH_MAX} characters`);
  if (/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(reason)) faults.push('@reason must not hold control or invisible characters');
  return reason;
}

function readWord<Name extends keyof typeof WORDS>(
  name: Name,
  value: string | undefined,
  faults: string[],
): (typeof WORDS)[Name] | null {
  if (value === undefined) return null;
  const word = WORDS[name];
  if (value !== word) faults.push(`@${name} must be "${word}"`);
  return word;
}

function readNumber(name: keyof typeof NUMBERS, value: string | undefined, faults: string[]): number | null {
  if (value === undefined) return null;
  const { min, max } = NUMBERS[name];
  const number = /^[1-9][0-9]{0,9}$/.test(value) ? Number(value) : Number.NaN;
  if (number >= min && number <= max) return number;
  faults.push(`@${name} must be a whole number from ${min} to ${max}`);
  return null;
}

function checkGate(name: string | undefined, quorum: number, catalog: Catalog, faults: string[]): void {
  if (name === undefined) {
    faults.push('@approvers is missing: a permit with @outcome("require_approval") names the group to ask');
    return;
  }
  const group = catalog.groups.find((candidate) => candidate.id === name);
  if (group === undefined) {
    faults.push(`@approvers names a group that is not configured: ${JSON.stringify(name)}`);
    return;
  }
  const members = new Set(group.members);
  const approvers = catalog.people.filter((person) => members.has(person.id) && person.roles.includes('approver'));
  if (approvers.length < quorum) {
    faults.push(
      `@quorum ${quorum} can never be filled: group ${name} has ${approvers.length} people with role approver`,
    );
  }
}
