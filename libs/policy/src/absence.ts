import type { Expr, PolicyJson } from '@cedar-policy/cedar-wasm/nodejs';
import { canonicalJson } from '#domain/authority/canonical-json.js';
import { compileScope } from './scope.js';
import type { CedarSchema } from './schema.js';

/** A forbid that an ask escapes by leaving something out. `member` as policies write it, `actions` where it may be left out. */
export interface Escape<P> {
  readonly policy: P;
  readonly member: string;
  readonly actions: readonly string[];
}

type Node = Readonly<Record<string, unknown>>;
/** What is taken to hold while one table of truth is walked. */
interface World {
  readonly member: string;
  readonly present: boolean;
  /** By canonical form: expressions that are not taken apart. */
  readonly atoms: ReadonlyMap<string, boolean>;
}

/** 2^12 rows are walked in a moment; an author of longer conditions is warned unless they are plainly closed. */
const ATOMS_MAX = 12;

/**
 * Finds forbids that read a member which may be absent, match with some value of it, and do not match without it. Absent
 * is no small value: a call without it covers every one. Another forbid that matches without it closes the gap. Works on
 * Cedar's JSON form by trying all answers of the parts that a condition is made of.
 */
export function absenceEscapes<P extends { readonly json: PolicyJson }>(
  policies: readonly P[],
  schema: CedarSchema,
): Escape<P>[] {
  const forbids = policies.filter(({ json }) => json.effect === 'forbid');
  const optional = optionalMembers(schema);
  return forbids.flatMap((policy) => {
    const scope = compileScope(policy.json).actions;
    const read = membersRead(policy.json.conditions.map(({ body }) => body));
    return [...read].flatMap((member) => {
      const actions = [...optional]
        .filter(([action, members]) => (scope === null || scope.includes(action)) && members.has(member))
        .map(([action]) => action)
        .filter((action) => escapes(policy.json, member, closersOf(policy, forbids, action)));
      return actions.length === 0 ? [] : [{ policy, member, actions: actions.sort() }];
    });
  });
}

/** By action: members of its context, and of its arguments, that an ask may leave out. */
function optionalMembers(schema: CedarSchema): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  for (const [name, action] of Object.entries(schema['Writ']?.actions ?? {})) {
    const context = action.appliesTo?.context as { attributes?: Record<string, Node> } | undefined;
    const attributes = context?.attributes ?? {};
    const args = (attributes['arguments']?.['attributes'] ?? {}) as Record<string, Node>;
    const members = [
      ...Object.entries(attributes).map(([member, type]) => [`context.${member}`, type] as const),
      ...Object.entries(args).map(([member, type]) => [`context.arguments.${member}`, type] as const),
    ];
    found.set(name, new Set(members.filter(([, type]) => type['required'] === false).map(([member]) => member)));
  }
  return found;
}

/** Other forbids of this action that hold for whomever and whatever `policy` does. */
function closersOf<P extends { readonly json: PolicyJson }>(
  policy: P,
  forbids: readonly P[],
  action: string,
): PolicyJson[] {
  const covers = (wide: { op: string }, narrow: unknown): boolean =>
    wide.op === 'All' || canonicalJson(wide) === canonicalJson(narrow);
  return forbids
    .filter((other) => other !== policy)
    .map(({ json }) => json)
    .filter((json) => {
      const actions = compileScope(json).actions;
      return (
        (actions === null || actions.includes(action)) &&
        covers(json.principal, policy.json.principal) &&
        covers(json.resource, policy.json.resource)
      );
    });
}

function escapes(policy: PolicyJson, member: string, closers: readonly PolicyJson[]): boolean {
  // A closer that asks about other things cannot close more than what these parts say: its own are left out if too many.
  const all = [policy, ...closers.filter((closer) => mentions(closer.conditions, member))];
  const judged = atomsOf(all, member).length <= ATOMS_MAX ? all : [policy];
  const atoms = atomsOf(judged, member);
  if (atoms.length > ATOMS_MAX) return true;
  for (let row = 0; row < 2 ** atoms.length; row += 1) {
    const answers = new Map(atoms.map((atom, index) => [atom, ((row >> index) & 1) === 1]));
    const world = (present: boolean): World => ({ member, present, atoms: answers });
    if (matches(policy, world(true)) && !judged.some((each) => matches(each, world(false)))) return true;
  }
  return false;
}

function matches({ conditions }: PolicyJson, world: World): boolean {
  return conditions.every(({ kind, body }) => holds(body, world) === (kind === 'when'));
}

function holds(expression: Expr, world: World): boolean {
  const parts = partsOf(expression);
  if (parts !== null) return parts.answer(parts.inner.map((inner) => holds(inner, world)));
  const presence = presenceOf(expression);
  if (presence === world.member) return world.present;
  return world.atoms.get(canonicalJson(expression)) ?? false;
}

/** Expressions that are not taken apart, without the presence of `member`. */
function atomsOf(policies: readonly PolicyJson[], member: string): string[] {
  const found = new Set<string>();
  const walk = (expression: Expr): void => {
    const parts = partsOf(expression);
    if (parts !== null) parts.inner.forEach(walk);
    else if (presenceOf(expression) !== member) found.add(canonicalJson(expression));
  };
  for (const { conditions } of policies) for (const { body } of conditions) walk(body);
  return [...found];
}

interface Parts {
  readonly inner: readonly Expr[];
  readonly answer: (inner: readonly boolean[]) => boolean;
}

/** How an expression is made of yes and no; `null` for one that is taken as a whole. */
function partsOf(expression: Expr): Parts | null {
  const [operator, operands] = Object.entries(expression)[0] as [string, Node];
  const two = [operands['left'], operands['right']] as Expr[];
  switch (operator) {
    case '&&':
      return { inner: two, answer: ([left, right]) => left === true && right === true };
    case '||':
      return { inner: two, answer: ([left, right]) => left === true || right === true };
    case '!':
      return { inner: [operands['arg'] as Expr], answer: ([inner]) => inner !== true };
    case 'if-then-else':
      return {
        inner: [operands['if'], operands['then'], operands['else']] as Expr[],
        answer: ([condition, then, otherwise]) => (condition === true ? then : otherwise) === true,
      };
    case '==':
    case '!=':
      return two.every(isYesOrNo)
        ? { inner: two, answer: ([left, right]) => (left === right) === (operator === '==') }
        : null;
    case 'Value':
      return typeof operands === 'boolean' ? { inner: [], answer: () => operands } : null;
    default:
      return null;
  }
}

function isYesOrNo(expression: Expr): boolean {
  return partsOf(expression) !== null || presenceOf(expression) !== null;
}

/** The member whose presence an expression asks about. */
function presenceOf(expression: Expr): string | null {
  const has = (expression as Node)['has'] as { left: Expr; attr: string | readonly string[] } | undefined;
  if (has === undefined) return null;
  const path = pathOf(has.left);
  return path === null ? null : [path, ...[has.attr].flat()].join('.');
}

/** `context.a.b` of an expression that reads just that. */
function pathOf(expression: Expr): string | null {
  const node = expression as Node;
  if (node['Var'] === 'context') return 'context';
  const dot = node['.'] as { left: Expr; attr: string } | undefined;
  const left = dot === undefined ? null : pathOf(dot.left);
  return left === null ? null : `${left}.${dot?.attr}`;
}

/** Every member whose value an expression reads, as policies write it: `context.arguments.amount`. */
function membersRead(node: unknown, found = new Set<string>()): Set<string> {
  if (Array.isArray(node)) for (const item of node) membersRead(item, found);
  else if (typeof node === 'object' && node !== null) {
    const path = pathOf(node as Expr);
    if (path !== null) found.add(path);
    for (const inner of Object.values(node)) membersRead(inner, found);
  }
  return found;
}

/** Names of the arguments whose value or presence the conditions of a policy ask about. */
export function argumentsRead({ conditions }: PolicyJson): string[] {
  const prefix = 'context.arguments.';
  const members = [...membersRead(conditions), ...presencesAsked(conditions)];
  return [
    ...new Set(members.filter((member) => member.startsWith(prefix)).map((member) => member.slice(prefix.length))),
  ];
}

function presencesAsked(node: unknown): string[] {
  if (Array.isArray(node)) return node.flatMap(presencesAsked);
  if (typeof node !== 'object' || node === null) return [];
  const asked = presenceOf(node as Expr);
  return [...(asked === null ? [] : [asked]), ...Object.values(node).flatMap(presencesAsked)];
}

function mentions(node: unknown, member: string): boolean {
  if (Array.isArray(node)) return node.some((item) => mentions(item, member));
  if (typeof node !== 'object' || node === null) return false;
  const asked = presenceOf(node as Expr) === member || pathOf(node as Expr) === member;
  return asked || Object.values(node).some((inner) => mentions(inner, member));
}
