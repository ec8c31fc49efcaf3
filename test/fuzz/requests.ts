import fc from 'fast-check';
import { operations, resolved, type Operation, type Schema } from '../harness/judges/openapi.js';

/** Who sends: nobody, somebody with no valid proof, or one of the world. */
export const SENDERS = {
  agents: ['support-bot', 'rival-bot'],
  clients: ['payments-api', 'other-api', 'auditor-tool', 'ops-cli'],
  people: ['bob', 'erin', 'olga', 'omar'],
} as const;

/** One request before it is sent: `body` is the exact text. */
export interface Draft {
  readonly operation: Operation;
  readonly sender: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly type: string | undefined;
  readonly body: string | Readonly<Record<string, string>> | undefined;
}

/** Values that exist, by the name of the member or of the collection that takes them. */
export type Known = Readonly<Record<string, readonly string[]>>;

const HOSTILE = [
  '',
  '\u0000',
  '../../etc',
  "';--",
  '%',
  '\ud83d\ude00',
  '__proto__',
  'x'.repeat(600),
  '{{7*7}}',
  '\n',
  '\u202e',
];
const SENDER = [...SENDERS.agents, ...SENDERS.clients, ...SENDERS.people, 'nobody', 'forger', 'stranger'];
const text = fc.oneof(fc.constantFrom(...HOSTILE), fc.string({ unit: 'binary', maxLength: 40 }), fc.string());
const junk = fc.oneof(
  { weight: 3, arbitrary: text },
  { weight: 2, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
  fc.integer(),
);

/** All but the stream of the inbox, which answers for as long as it is read. */
const ANSWERED = operations.filter(({ path }) => !path.endsWith('/stream'));

/** Any request to any operation: well formed, nearly so, or not at all. */
export function drafts(known: Known): fc.Arbitrary<Draft> {
  return fc.constantFrom(...ANSWERED).chain((operation) =>
    fc
      .record({
        sender: fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...likely(operation)) }, fc.constantFrom(...SENDER)),
        path: pathOf(operation, known),
        query: queryOf(operation, known),
        headers: headersOf(operation),
        sent: bodyOf(operation, known),
      })
      .map(({ sender, path, query, headers, sent }) => ({ operation, sender, path: path + query, headers, ...sent })),
  );
}

/** Those whose proof the operation takes. */
function likely({ security = [] }: Operation): string[] {
  const proofs = security.flatMap((scheme) => Object.keys(scheme));
  const senders: string[] = [
    ...(proofs.includes('session') ? SENDERS.people : []),
    ...(proofs.includes('basic') ? SENDERS.clients : []),
    ...(proofs.includes('assertion') || proofs.includes('basic') ? SENDERS.agents : []),
  ];
  return senders.length === 0 ? ['nobody'] : senders;
}

/** A lone surrogate has no percent encoding. */
function wellFormed(value: string): boolean {
  return !/\p{Surrogate}/u.test(value);
}

function pathOf({ path }: Operation, known: Known): fc.Arbitrary<string> {
  const collection = /\/(\w+)\/\{id\}/.exec(path)?.[1];
  if (collection === undefined) return fc.constant(path);
  // Dots or nothing would name another route.
  const strange = text.filter((id) => wellFormed(id) && !/^\.{0,2}$/.test(id));
  const id = fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...(known[collection] ?? ['x'])) }, strange);
  return id.map((value) => path.replace('{id}', encodeURIComponent(value)));
}

function queryOf({ parameters = [] }: Operation, known: Known): fc.Arbitrary<string> {
  const names = parameters.filter((parameter) => parameter.in === 'query').map(({ name }) => name);
  if (names.length === 0) return fc.constant('');
  const value = fc.oneof(
    fc.constantFrom('1', '50', '0', '201', '-1', '2026-11-22T00:00:00Z', 'active', 'erin', 'grant.activated'),
    fc.constantFrom(...Object.values(known).flat()),
    text.filter(wellFormed),
  );
  const name = fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...names) }, fc.constantFrom('x', 'constructor'));
  return fc
    .array(fc.tuple(name, value), { maxLength: 3 })
    .map((pairs) => (pairs.length === 0 ? '' : `?${new URLSearchParams(pairs as [string, string][]).toString()}`));
}

function headersOf({ parameters = [] }: Operation): fc.Arbitrary<Record<string, string>> {
  const values: Record<string, readonly string[]> = {
    'Idempotency-Key': ['k1', '"k1"', 'k2', 'a b', '"', 'k'.repeat(129), 'ö'],
    // No positive wait: it would only take time.
    Prefer: ['wait=0', 'wait=-1', 'wait=x', 'respond-async', ''],
  };
  const own = parameters.filter((parameter) => parameter.in === 'header');
  const more: Record<string, fc.Arbitrary<string>> = {
    origin: fc.constantFrom('https://evil.example', 'null'),
    'sec-fetch-site': fc.constantFrom('cross-site', 'same-origin'),
    accept: fc.constantFrom('text/html', '*/*', 'nonsense'),
  };
  for (const { name } of own) more[name] = fc.constantFrom(...(values[name] ?? ['x']));
  return fc.oneof(
    { weight: 2, arbitrary: fc.constant({}) },
    fc.record(more, { requiredKeys: [] }) as fc.Arbitrary<Record<string, string>>,
  );
}

type Sent = Pick<Draft, 'type' | 'body'>;

function bodyOf(operation: Operation, known: Known): fc.Arbitrary<Sent> {
  const [type, media] = Object.entries(operation.requestBody?.content ?? {})[0] ?? [];
  const bare: Sent = { type: undefined, body: undefined };
  if (operation.method === 'GET') return fc.constant(bare);
  if (type === undefined || media?.schema === undefined)
    return fc.constantFrom<Sent>(
      bare,
      { type: 'application/json', body: '{}' },
      { type: 'application/json', body: '{' },
    );
  const example = media.example as Record<string, unknown>;
  const value = fc.oneof(
    { weight: 5, arbitrary: changed(example, known) },
    { weight: 2, arbitrary: fromSchema(media.schema, known, 0) },
    { weight: 1, arbitrary: junk },
  );
  const form = type.includes('form');
  const written = value.map((one): Sent => ({ type, body: form ? asForm(one) : JSON.stringify(one) }));
  const odd = fc.record<Sent>({
    type: fc.constantFrom(
      'application/json',
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data',
      'x',
    ),
    body: fc.oneof(text, fc.constantFrom('{', '[[[[', '{"a":1,"a":2}', '1e999', `[${'['.repeat(40)}`, 'a=1&a=2')),
  });
  return fc.oneof({ weight: 8, arbitrary: written }, odd);
}

function asForm(value: unknown): Record<string, string> {
  if (typeof value !== 'object' || value === null) return { token: String(value) };
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, String(member)]));
}

/** The example with some members replaced by what exists, by junk, or by nothing. */
function changed(example: Record<string, unknown>, known: Known): fc.Arbitrary<unknown> {
  const places = placesOf(example, []);
  if (places.length === 0) return fc.oneof(fc.constant({}), fc.record({ stranger: junk }));
  const change = fc.tuple(fc.constantFrom(...places), fc.constantFrom('junk', 'drop', 'stranger'), junk);
  const fitting = Object.fromEntries(
    Object.entries(known)
      .filter(([name]) => Object.hasOwn(example, name))
      .map(([name, values]) => [name, fc.constantFrom(...values)]),
  );
  return fc.tuple(fc.record(fitting), fc.array(change, { maxLength: 2 })).map(([found, changes]) => {
    const copy = { ...structuredClone(example), ...found };
    for (const [place, how, value] of changes) apply(copy, place, how, value);
    return copy;
  });
}

function placesOf(value: unknown, at: readonly string[]): string[][] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) => [[...at, name], ...placesOf(member, [...at, name])]);
}

function apply(root: Record<string, unknown>, place: readonly string[], how: string, value: unknown): void {
  const holder = place
    .slice(0, -1)
    .reduce<unknown>((at, name) => (at as Record<string, unknown> | undefined)?.[name], root);
  if (typeof holder !== 'object' || holder === null) return;
  const name = place.at(-1) ?? '';
  const members = holder as Record<string, unknown>;
  if (how === 'drop') delete members[name];
  else if (how === 'stranger') members[`${name}_`] = value;
  else members[name] = value;
}

/** Values of a schema, now and then of another type or out of range. */
function fromSchema(given: Schema, known: Known, depth: number, name = ''): fc.Arbitrary<unknown> {
  const schema = resolved(given.allOf?.[0] ?? given);
  const right = (): fc.Arbitrary<unknown> => {
    if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
    if (schema.type === 'integer')
      return fc.integer({ min: (schema.minimum ?? 0) - 1, max: (schema.maximum ?? 9) + 1 });
    if (schema.type === 'boolean') return fc.boolean();
    if (schema.type === 'array')
      return fc.array(fromSchema(schema.items ?? {}, known, depth + 1, name), { maxLength: depth > 2 ? 1 : 3 });
    if (schema.type === 'object') {
      const members = Object.entries(schema.properties ?? {});
      if (members.length === 0) return fc.dictionary(fc.string({ maxLength: 8 }), junk, { maxKeys: 3 });
      const built = members.map(([key, member]) => [key, fromSchema(member, known, depth + 1, key)] as const);
      return fc.record(Object.fromEntries(built), { requiredKeys: [...(schema.required ?? [])] });
    }
    const exists = known[name];
    return exists === undefined ? text : fc.oneof(fc.constantFrom(...exists), text);
  };
  return fc.oneof({ weight: 12, arbitrary: right() }, { weight: 1, arbitrary: junk });
}
