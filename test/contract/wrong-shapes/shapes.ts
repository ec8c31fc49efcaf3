/** One member of a body and the rule it is under, as the contract has it. */
export type Member = {
  readonly at: string;
  readonly required?: true;
  readonly nullable?: true;
  readonly mapped?: 'invalid_authorization_details';
} & (
  | {
      readonly kind: 'text';
      readonly max?: number;
      readonly empty: 'refused' | 'fine';
      readonly long?: string;
      readonly bad?: readonly string[];
    }
  | { readonly kind: 'integer'; readonly min: number; readonly max: number }
  | { readonly kind: 'list'; readonly max: number; readonly empty: 'refused' | 'fine' }
  | { readonly kind: 'object' }
  | { readonly kind: 'boolean' }
);

/** One wrong body: its exact text, and the answer that the contract fixes for it. */
export interface WrongShape {
  readonly name: string;
  readonly text: string;
  readonly status: number;
  readonly code: string;
  readonly pointer: string;
}

type Body = Record<string, unknown>;

const OF_KIND: readonly (readonly [kind: string, name: string, value: unknown])[] = [
  ['text', 'a string', 'text'],
  ['integer', 'a number', 7],
  ['list', 'a list', []],
  ['object', 'an object', {}],
  ['boolean', 'a boolean', true],
  ['null', 'null', null],
];
const NO_INTEGERS: readonly (readonly [name: string, value: unknown])[] = [
  ['900.5', 900.5],
  ['"15m"', '15m'],
  ['"300"', '300'],
  ['2^53', 2 ** 53],
  ['-2^53', -(2 ** 53)],
  ['1e308', 1e308],
];
/** Written with another name, because an object literal would set its prototype instead. */
const PROTO = '@proto';

/** Every wrong shape of one member of `base`. */
export function wrongShapesOf(base: Body, member: Member): WrongShape[] {
  const shape = member.mapped ?? 'invalid_request';
  const row = (name: string, value: unknown, status = 400, code: string = shape): WrongShape => ({
    name: `${member.at} is ${name}`,
    text: textOf(withMember(base, member.at, value)),
    status,
    code,
    pointer: member.at,
  });
  const rows = OF_KIND.filter(([kind]) => kind !== member.kind && (kind !== 'null' || member.nullable !== true)).map(
    ([, name, value]) => row(name, value),
  );
  if (member.kind !== 'list' && !member.at.endsWith('/arguments'))
    rows.push({ ...row('a list of a list', [[]]), pointer: `${member.at}/0` });
  if (member.required === true) rows.push(row('missing', undefined));
  if (member.kind === 'integer') {
    // Integers that JSON readers disagree about are refused before anybody asks which member they are.
    rows.push(
      ...NO_INTEGERS.map(([name, value]) =>
        row(name, value, 400, typeof value === 'number' && Number.isInteger(value) ? 'invalid_request' : shape),
      ),
    );
    rows.push(
      row('below its range', member.min - 1, 422, 'out_of_range'),
      row('above its range', member.max + 1, 422, 'out_of_range'),
    );
    rows.push(row('far above its range', 2 ** 53 - 1, 422, 'out_of_range'));
  }
  if (member.kind === 'text') {
    if (member.empty === 'refused') rows.push(row('empty', ''));
    if (member.max !== undefined)
      rows.push(row('too long', (member.long ?? '').padEnd(member.max + 1, 'x'), 422, 'too_long'));
    rows.push(...(member.bad ?? []).map((value) => row(JSON.stringify(value), value)));
  }
  if (member.kind === 'list') {
    if (member.empty === 'refused') rows.push(row('empty', [], 422, 'out_of_range'));
    const [first] = memberOf(base, member.at) as unknown[];
    const many = Array.from({ length: member.max + 1 }, (_, index) =>
      typeof first === 'string' ? `${first}.${index}` : first,
    );
    rows.push(row('too large', many, 422, 'too_large'));
    rows.push(
      ...['two words', 7, null, [], [first]].map((value) => ({
        ...row(`a list that holds ${JSON.stringify(value)}`, [value]),
        ...elementOf(member, value),
      })),
    );
  }
  return rows;
}

/** An element is named by its own pointer where it is an object; a list of words is judged as one. */
function elementOf(member: Member, value: unknown): { pointer: string; code: string } | object {
  const objects = !member.at.endsWith('/actions');
  if (!objects && !Array.isArray(value)) return {};
  const inDetails = member.at.includes('authorization_details');
  return { pointer: `${member.at}/0`, code: inDetails ? 'invalid_authorization_details' : 'invalid_request' };
}

/** Members that nobody may send, put into the object at `at`. */
export function strangersOf(base: Body, at: string, names: readonly string[]): WrongShape[] {
  const code = at.includes('authorization_details') ? 'invalid_authorization_details' : 'unknown_field';
  return names.map((name) => ({
    name: `${at === '' ? 'the body' : at} has a member ${name}`,
    text: textOf(withMember(base, `${at}/${name}`, 'support-bot')),
    status: 400,
    code,
    pointer: `${at}/${name}`,
  }));
}

/** Keys that a library could take for machinery, in the object at `at`. */
export function reservedOf(base: Body, at: string): WrongShape[] {
  const inherited = ['constructor', 'prototype', 'hasOwnProperty', 'isPrototypeOf', 'toString', 'valueOf'].map(
    (key) => ({ key, code: 'unknown_field' }),
  );
  return [...inherited, { key: PROTO, code: 'invalid_request' }, { key: '__entity', code: 'invalid_request' }].map(
    ({ key, code }) => {
      const spelt = key === PROTO ? '__proto__' : key;
      return {
        name: `${at === '' ? 'the body' : at} has a key ${spelt}`,
        text: textOf(withMember(base, `${at}/${key}`, { polluted: true })),
        status: 400,
        code,
        pointer: `${at}/${spelt}`,
      };
    },
  );
}

/** The body as JSON text. */
export function textOf(body: unknown): string {
  return JSON.stringify(body).replaceAll(`"${PROTO}"`, '"__proto__"');
}

function memberOf(body: unknown, at: string): unknown {
  return at
    .split('/')
    .slice(1)
    .reduce((holder, key) => (holder as Body)[key], body);
}

/** A copy of `body` with another value at the pointer; `undefined` removes the member. */
export function withMember(body: Body, at: string, value: unknown): Body {
  const copy = structuredClone(body);
  const path = at.split('/').slice(1);
  const holder = memberOf(copy, `/${path.slice(0, -1).join('/')}`.replace(/\/$/, '')) as Body;
  const key = path.at(-1) as string;
  if (value === undefined) delete holder[key];
  else holder[key] = value;
  return copy;
}
