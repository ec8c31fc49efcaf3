import type { CatalogueActionAnswer } from '#contracts/configure/catalogue.dto.js';
import type { ArgumentSchema, ArgumentsSchema } from '#domain/catalog.js';

const TEXT_LENGTH_MAX = 4_000;
/** Tried in turn against a pattern. What fits none is left to whoever tries the request: the answer names the argument. */
const COMMON = ['2026-01', '2026-01-31', 'main', 'a', 'A', '1', '12', '1234', 'abc-123', 'ABC-123', 'a@b.example'];

/** A request that asks for this action with what it needs and nothing more, as an agent would send it. */
export function exampleAsk(resource: string, action: CatalogueActionAnswer): object {
  const { required = [], properties = {} } = (action.arguments ?? {}) as Partial<ArgumentsSchema>;
  const values = required.map((name) => [name, exampleValue(name, properties[name])] as const);
  return {
    resource,
    authorization_details: [
      {
        type: 'tool_call',
        actions: [action.action],
        ...(action.identifier === 'required' ? { identifier: 'example/1' } : {}),
        // Left out, they would be any: where there are some to give, none is said as `{}`.
        ...(Object.keys(properties).length === 0 ? {} : { arguments: Object.fromEntries(values) }),
      },
    ],
    max_uses: 1,
    task: { id: 'try-1', ticket: 'TRY-1' },
  };
}

function exampleValue(name: string, schema: ArgumentSchema | undefined): unknown {
  if (schema === undefined) return name;
  switch (schema.type) {
    case 'string':
      return exampleText(name, schema);
    case 'integer':
      return Math.min(Math.max(1, schema.minimum ?? 1), schema.maximum ?? Number.MAX_SAFE_INTEGER);
    case 'boolean':
      return true;
    case 'array':
      return schema.maxItems === 0 ? [] : [exampleValue(name, schema.items)];
  }
}

function exampleText(name: string, schema: Extract<ArgumentSchema, { type: 'string' }>): string {
  const [first] = schema.enum ?? [];
  if (first !== undefined) return first;
  const own = `${name}-1`;
  const room = schema.maxLength ?? TEXT_LENGTH_MAX;
  const fits = [own, ...COMMON].find((text) => [...text].length <= room && matches(text, schema.pattern));
  return fits ?? [...own].slice(0, room).join('');
}

/** The broker's patterns are RE2: what the browser does not understand of them is not guessed at. */
function matches(text: string, pattern: string | undefined): boolean {
  if (pattern === undefined) return true;
  try {
    return new RegExp(pattern, 'u').test(text);
  } catch {
    return false;
  }
}
