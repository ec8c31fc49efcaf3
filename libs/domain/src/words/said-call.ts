import type { ToolCall } from '../authority/authorization-details.js';
import { canonicalJson } from '../authority/canonical-json.js';
import type { ArgumentSchema, CatalogAction, CatalogResource } from '../catalog.js';
import { visibleLine, writtenOut } from '../inert-text.js';
import type { Json } from '../json.js';
import { formatted } from './said-value.js';

/** One argument of a call as people read it, always beside its raw value. */
export interface SaidArgument {
  readonly name: string;
  readonly title: string | null;
  readonly value: Json;
  /** The value by its format, inert; `null` where no format says more than the raw value does. */
  readonly shown: string | null;
  /** A policy in force reads it: it comes first. */
  readonly readByPolicy: boolean;
}

/** One element of `authorization_details` in words. `null` members are left free by the request. */
export interface SaidCall {
  /** Each action, with the operator's sentence about it where there is one. */
  readonly actions: readonly { readonly action: string; readonly sentence: string | null }[];
  readonly identifier: string | null;
  readonly arguments: readonly SaidArgument[] | null;
}

const PLACE = /\{([^{}]*)\}/g;
/** What needs no quotation marks: it has no space in it, so it cannot go on as a sentence. */
const PLAIN = /^[\x21\x23-\x7e]{1,64}$/;
const QUOTED_MAX = 120;

/** What is wrong with a `say`: each rule it breaks, none when it is in order. */
export function sayFaults(say: string, argumentNames: readonly string[]): string[] {
  const faults: string[] = [];
  if (/[{}]/.test(say.replace(PLACE, ''))) faults.push('must close every brace that it opens, and not nest them');
  for (const [, name = ''] of say.matchAll(PLACE))
    if (name !== 'identifier' && !argumentNames.includes(name))
      faults.push(`names {${name}}, which is neither an argument of the action nor {identifier}`);
  return faults;
}

/**
 * An element as people are told it: by the words of the resource's catalogue entry, the arguments that policy reads
 * first, then in the order of the schema. Values are inert; what the request leaves free is said to be ANY.
 * @param resource `undefined` for one that has left the catalogue: the raw call is all that is said
 * @param readByPolicy names of arguments, by action
 */
export function sayCall(
  element: ToolCall,
  resource: Pick<CatalogResource, 'actions'> | undefined,
  readByPolicy: (action: string) => ReadonlySet<string>,
): SaidCall {
  const known = new Map(resource?.actions.map((action) => [action.name, action]));
  const read = new Set(element.actions.flatMap((action) => [...readByPolicy(action)]));
  return {
    actions: element.actions.map((action) => ({ action, sentence: sentenceOf(known.get(action), element) })),
    identifier: element.identifier ?? null,
    arguments: element.arguments === undefined ? null : saidArguments(element, known, read),
  };
}

function saidArguments(
  { actions, arguments: given = {} }: ToolCall,
  known: ReadonlyMap<string, CatalogAction>,
  read: ReadonlySet<string>,
): SaidArgument[] {
  const schemas = Object.fromEntries(
    actions.flatMap((action) => Object.entries(known.get(action)?.arguments?.properties ?? {})).reverse(),
  );
  const order = [...new Set(actions.flatMap((action) => Object.keys(known.get(action)?.arguments?.properties ?? {})))];
  const place = (name: string): number => (read.has(name) ? 0 : 1_000) + (order.indexOf(name) + 1 || 999);
  return Object.entries(given)
    .sort(([a], [b]) => place(a) - place(b) || (a < b ? -1 : 1))
    .map(([name, value]) => {
      const schema = Object.hasOwn(schemas, name) ? schemas[name] : undefined;
      return {
        name,
        title: schema?.title ?? null,
        value,
        shown: formattedAll(value, schema),
        readByPolicy: read.has(name),
      };
    });
}

/** A list is shown item by item, as its items are formatted. */
function formattedAll(value: Json, schema: ArgumentSchema | undefined): string | null {
  if (schema?.type !== 'array' || !Array.isArray(value)) return formatted(value, schema?.format);
  const shown = value.map((item: Json) => formattedAll(item, schema.items));
  return shown.length === 0 || shown.some((item) => item === null) ? null : shown.join(', ');
}

function sentenceOf(action: CatalogAction | undefined, element: ToolCall): string | null {
  if (action?.say === undefined) return null;
  const properties = action.arguments?.properties ?? {};
  return action.say.replace(PLACE, (_, name: string) => {
    if (name === 'identifier')
      return element.identifier === undefined ? 'ANY identifier' : inQuotes(element.identifier);
    const schema = Object.hasOwn(properties, name) ? properties[name] : undefined;
    const called = schema?.title ?? name;
    if (element.arguments === undefined) return `ANY ${called}`;
    const value = Object.hasOwn(element.arguments, name) ? element.arguments[name] : undefined;
    if (value === undefined) return `no ${called}`;
    return valueInSentence(value, schema);
  });
}

/** Numbers and moments by their format, in words of ours; an address as the agent wrote it, its host beside it. */
function valueInSentence(value: Json, schema: ArgumentSchema | undefined): string {
  const shown = formattedAll(value, schema);
  const format = schema?.type === 'array' ? schema.items.format : schema?.format;
  if (shown !== null && format !== 'uri') return shown;
  const raw = inQuotes(typeof value === 'string' ? value : canonicalJson(value));
  return shown === null ? raw : `${raw} (${shown})`;
}

/**
 * A value of the agent inside the operator's sentence: whatever could read on as one stands in quotation marks, which it
 * cannot close itself, and a long one is shortened in its middle. The whole value stands beside the sentence.
 */
function inQuotes(value: string): string {
  const line = visibleLine(value);
  if (PLAIN.test(line)) return line;
  const letters = [...line.replace(/[“”]/g, writtenOut)];
  const half = Math.floor(QUOTED_MAX / 2);
  const short =
    letters.length <= QUOTED_MAX
      ? letters.join('')
      : `${letters.slice(0, half).join('')}…${letters.slice(-half).join('')}`;
  return `“${short}”`;
}
