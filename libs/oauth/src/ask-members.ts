import { isObject, type Json } from '#domain/json.js';
import { parseStrictJson, StrictJsonError } from '#domain/strict-json.js';
import { plain, refuseWith, type OAuthError } from './errors.js';
import type { Form, WithForm } from './form.js';

export interface WithAskMembers {
  /** The members of an ask as its JSON body has them. Their types and sizes are judged where bodies are. */
  readonly members: Readonly<Record<string, Json>>;
  /** The client comes again when people have decided (`completion_mode`). */
  readonly deferred: boolean;
}

/** What a parameter's text says, or the rule it breaks. */
type Reading = { readonly value: Json } | { readonly rule: string };

/** Each member of an ask, and how a form says it. */
const MEMBERS: Readonly<Record<string, (text: string) => Reading>> = {
  resource: readText,
  authorization_details: readJson,
  requested_ttl: readNumber,
  max_uses: readNumber,
  task: readJson,
  justification: readText,
  evidence: readJson,
  break_glass: readBoolean,
};
const REQUIRED = ['resource', 'authorization_details'] as const;
const COMPLETION_MODE = 'completion_mode';
const NAMES = [...Object.keys(MEMBERS), COMPLETION_MODE];

/**
 * Reads the members of an ask from a form. Other parameters are ignored, as RFC 6749 section 3.2 has it, unless one slip of
 * the pen lies between them and a member: an ask without the limit that was meant would be one for more.
 */
export function readAskMembers<C extends WithForm>(context: C): (C & WithAskMembers) | OAuthError {
  const { form } = context;
  const missing = REQUIRED.find((name) => !form.has(name));
  if (missing !== undefined) return refuseWith('invalid_request', `${missing} is missing.`);
  const slip = slipIn(form);
  if (slip !== null) return slip;
  const members: Record<string, Json> = {};
  for (const [name, read] of Object.entries(MEMBERS)) {
    const text = form.get(name);
    if (text === undefined) continue;
    const reading = read(text);
    if ('rule' in reading) return refuseWith('invalid_request', plain(`${name} ${reading.rule}.`));
    members[name] = reading.value;
  }
  const deferred = form.get(COMPLETION_MODE)?.split(' ').includes('deferred') ?? false;
  return { ...context, members, deferred };
}

function readText(text: string): Reading {
  return { value: text };
}

function readNumber(text: string): Reading {
  return /^\d{1,15}$/.test(text) ? { value: Number(text) } : { rule: 'must be a whole number in decimal digits' };
}

function readBoolean(text: string): Reading {
  return text === 'true' || text === 'false' ? { value: text === 'true' } : { rule: 'must be true or false' };
}

function readJson(text: string): Reading {
  try {
    const value = parseStrictJson(text);
    return Array.isArray(value) || isObject(value) ? { value } : { rule: 'must be a JSON object or array' };
  } catch (error) {
    if (!(error instanceof StrictJsonError)) throw error;
    return { rule: `must be JSON that every reader reads alike: ${error.rule} at ${error.pointer || 'its top'}` };
  }
}

function slipIn(form: Form): OAuthError | null {
  for (const name of form.keys()) {
    const meant = NAMES.includes(name) ? undefined : NAMES.find((member) => isSlipOf(name, member));
    if (meant !== undefined) return refuseWith('invalid_request', plain(`${name} is not known here: is it ${meant}?`));
  }
  return null;
}

/** True for another case, hyphens or none where underscores stand, and one letter more, less or other, or two in turn. */
function isSlipOf(name: string, member: string): boolean {
  const [said, meant] = [lettersOf(name), lettersOf(member)];
  if (Math.abs(said.length - meant.length) > 1) return false;
  let start = 0;
  while (start < said.length && said[start] === meant[start]) start += 1;
  const [one, other] = [said.slice(start), meant.slice(start)];
  const turned = `${one.charAt(1)}${one.charAt(0)}${one.slice(2)}`;
  return [one.slice(1), turned].includes(other) || other.slice(1) === one || other.slice(1) === one.slice(1);
}

function lettersOf(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z]/g, '');
}
