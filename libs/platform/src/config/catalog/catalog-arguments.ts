import { compilePattern } from '#domain/authority/pattern.js';
import type { ArgumentFormat, ArgumentSchema, ArgumentsSchema } from '#domain/catalog.js';
import { LIMITS } from '#domain/limits.js';
import { currencyOf, FORMATS_OF } from '#domain/words/said-value.js';
import type { CatalogNode } from './catalog-node.js';

const NAME_LENGTH_MAX = 128;
const ENUM_ITEMS_MAX = 200;
/** Something that a reviewer reads. */
const PATTERN_LENGTH_MAX = 200;
const ARRAY_DEPTH_MAX = 4;
const TITLE_LENGTH_MAX = 64;

/** The `arguments` of an action: the contract's subset of JSON Schema 2020-12. Null when the action takes none. */
export function readArguments(node: CatalogNode): ArgumentsSchema | null {
  if (!node.isPresent) return null;
  const fields = node.fields(['type', 'additionalProperties'], ['required', 'properties']);
  fields.type.oneOf(['object']);
  if (fields.additionalProperties.isPresent && fields.additionalProperties.value !== false) {
    fields.additionalProperties.refuse('must be false');
  }
  const properties = fields.properties.entries().map(({ key, node: property }) => {
    if (key === '' || key.length > NAME_LENGTH_MAX || /\p{Cc}/u.test(key)) {
      property.refuse(`its name must have 1 to ${NAME_LENGTH_MAX} characters, none a control character`);
    }
    if (key.startsWith('__')) property.refuse('its name must not begin "__", which no request may send');
    return [key, readArgument(property, ARRAY_DEPTH_MAX)] as const;
  });
  return {
    type: 'object',
    additionalProperties: false,
    required: readRequired(fields.required, new Set(properties.map(([key]) => key))),
    properties: Object.fromEntries(properties),
  };
}

function readRequired(node: CatalogNode, names: ReadonlySet<string>): string[] {
  const seen = new Set<string>();
  for (const item of node.items()) {
    if (typeof item.value !== 'string' || !names.has(item.value)) item.refuse('must be one of the properties');
    else if (seen.has(item.value)) item.refuse('stands twice in this list');
    else seen.add(item.value);
  }
  return [...seen];
}

function readArgument(node: CatalogNode, arraysLeft: number): ArgumentSchema {
  switch (typeOf(node)) {
    case 'string':
      return readString(node);
    case 'integer':
      return readInteger(node);
    case 'array':
      return readArray(node, arraysLeft);
    default: {
      const fields = node.fields(['type'], ['title']);
      fields.type.oneOf(['boolean', 'integer', 'string', 'array']);
      return { type: 'boolean', ...readTitle(fields.title) };
    }
  }
}

function readTitle(node: CatalogNode): { title?: string } {
  return node.isPresent ? { title: node.text(TITLE_LENGTH_MAX) } : {};
}

/** How a value is shown; each format belongs to one type. */
function readFormat(node: CatalogNode, type: keyof typeof FORMATS_OF): { format?: ArgumentFormat } {
  if (!node.isPresent) return {};
  const known = FORMATS_OF[type];
  const format = known.find((name) => name === node.value || (name === 'money' && currencyOf(node.value) !== null));
  if (format !== undefined) return { format: node.value as ArgumentFormat };
  const named = known.map((name) => (name === 'money' ? 'money/ and a currency of ISO 4217 (money/EUR)' : name));
  node.refuse(`must be ${named.slice(0, -1).join(', ')} or ${named.at(-1)}: the formats of a ${type}`);
  return {};
}

function typeOf(node: CatalogNode): unknown {
  return node.isMapping ? (node.value as { type?: unknown }).type : undefined;
}

function readString(node: CatalogNode): ArgumentSchema {
  const fields = node.fields(['type'], ['maxLength', 'enum', 'pattern', 'title', 'format']);
  const choices = fields.enum.items();
  if (fields.enum.isPresent && (choices.length === 0 || choices.length > ENUM_ITEMS_MAX)) {
    fields.enum.refuse(`must list 1 to ${ENUM_ITEMS_MAX} texts`);
  }
  const texts = choices.map((choice) => choice.text(LIMITS.authorizationDetailsBytesMax));
  if (new Set(texts).size < texts.length) fields.enum.refuse('must not list a text twice');
  return {
    type: 'string',
    ...(fields.maxLength.isPresent && {
      maxLength: fields.maxLength.integer(1, LIMITS.authorizationDetailsBytesMax, 1),
    }),
    ...(fields.enum.isPresent && { enum: texts }),
    ...(fields.pattern.isPresent && { pattern: readPattern(fields.pattern) }),
    ...readTitle(fields.title),
    ...readFormat(fields.format, 'string'),
  };
}

function readPattern(node: CatalogNode): string {
  const pattern = node.text(PATTERN_LENGTH_MAX);
  const compiled = compilePattern(pattern);
  if ('fault' in compiled) node.refuse(`must be a regular expression of RE2, which is matched in linear time: ${compiled.fault}`);
  return pattern;
}

function readInteger(node: CatalogNode): ArgumentSchema {
  const { minimum, maximum, title, format } = node.fields(['type'], ['minimum', 'maximum', 'title', 'format']);
  const { integerMax } = LIMITS;
  const low = minimum.integer(-integerMax, integerMax, -integerMax);
  const high = maximum.integer(-integerMax, integerMax, integerMax);
  if (low > high) node.refuse('its minimum must not exceed its maximum');
  return {
    type: 'integer',
    ...(minimum.isPresent && { minimum: low }),
    ...(maximum.isPresent && { maximum: high }),
    ...readTitle(title),
    ...readFormat(format, 'integer'),
  };
}

function readArray(node: CatalogNode, arraysLeft: number): ArgumentSchema {
  const { items, maxItems, title } = node.fields(['type', 'items'], ['maxItems', 'title']);
  if (arraysLeft === 0) node.refuse(`must not nest more than ${ARRAY_DEPTH_MAX} arrays`);
  return {
    type: 'array',
    items: arraysLeft === 0 || !items.isPresent ? { type: 'boolean' } : readArgument(items, arraysLeft - 1),
    ...(maxItems.isPresent && { maxItems: maxItems.integer(1, LIMITS.jsonNodesMax, 1) }),
    ...readTitle(title),
  };
}
