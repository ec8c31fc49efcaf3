import type { ApiDocument, ApiSchema } from './document.js';
import { escapeHtml, inline } from './html.js';

/** The members of an object as a table, each with its type, rule and meaning; nested objects are linked, not unfolded. */
export function schemaTable(document: ApiDocument, schema: ApiSchema | undefined): string {
  const whole = resolve(document, schema);
  const members = Object.entries(whole?.properties ?? {});
  if (members.length === 0) return '';
  const rows = members.map(([name, member]) => {
    const needed = whole?.required?.includes(name) === true ? ' <b title="required">*</b>' : '';
    const meaning = [member.description, rules(member)].filter((text) => text !== undefined && text !== '');
    return `<tr><th scope="row"><code>${escapeHtml(name)}</code>${needed}</th><td>${typeOf(member)}</td><td>${meaning.map(inline).join('<br>')}</td></tr>`;
  });
  return `<table><thead><tr><th>member</th><th>type</th><th>meaning</th></tr></thead><tbody>${rows.join('')}</tbody></table>`;
}

/** The schema that a reference names, with what it is composed of. */
export function resolve(document: ApiDocument, schema: ApiSchema | undefined): ApiSchema | undefined {
  const name = nameOf(schema);
  const found = name === null ? schema : document.components?.schemas?.[name];
  if (found?.allOf === undefined || found.properties !== undefined) return found;
  return found.allOf.length === 1 ? resolve(document, found.allOf[0]) : found;
}

/** The type of a member in few words, as HTML. */
export function typeOf(schema: ApiSchema): string {
  const orNull = schema.nullable === true ? ' or null' : '';
  const name = nameOf(schema.allOf?.[0] ?? schema);
  if (name !== null) return `<a href="#schema-${escapeHtml(name)}">${escapeHtml(name)}</a>${orNull}`;
  if (schema.oneOf !== undefined) return schema.oneOf.map(typeOf).join(' or ') + orNull;
  if (schema.enum !== undefined) {
    const words = schema.enum.filter((word) => word !== null);
    return words.map((word) => `<code>${escapeHtml(word)}</code>`).join(' ') + orNull;
  }
  if (schema.type === 'array')
    return `list of ${schema.items === undefined ? 'values' : typeOf(schema.items)}${orNull}`;
  return escapeHtml(schema.type ?? 'any') + orNull;
}

function nameOf(schema: ApiSchema | undefined): string | null {
  return schema?.$ref?.split('/').at(-1) ?? null;
}

function rules(schema: ApiSchema): string {
  const range = (low: number | undefined, high: number | undefined, unit: string): string | null => {
    if (low === undefined && high === undefined) return null;
    if (low === undefined) return `at most ${high}${unit}`;
    return high === undefined ? `at least ${low}${unit}` : `${low} to ${high}${unit}`;
  };
  return [
    range(schema.minimum, schema.maximum, ''),
    range(schema.minLength, schema.maxLength, ' characters'),
    range(
      schema.minItems,
      schema.maxItems,
      schema.minItems === 1 && schema.maxItems === undefined ? ' item' : ' items',
    ),
    schema.pattern === undefined ? null : `\`${schema.pattern}\``,
  ]
    .filter((rule) => rule !== null)
    .join(', ');
}
