import { canonicalJson } from '#domain/authority/canonical-json.js';
import type { Catalog } from '#domain/catalog.js';
import { isObject } from '#domain/json.js';

/** What became of one thing of the catalogue, and in what it differs: `owner: "alice" → "bob"`, a line each. */
export interface CatalogDifference {
  readonly kind: 'resource' | 'agent' | 'client' | 'person' | 'group' | 'limits';
  readonly change: 'added' | 'changed' | 'retired';
  readonly id: string;
  /** Empty for what came or went whole. */
  readonly details: readonly string[];
}

/** Told of one thing, so that a thousand keys at once stay one line. */
const DETAILS_MAX = 40;
const VALUE_MAX = 200;

/** What `writ.yaml` calls these; every other member has its name. */
const NAMES: Readonly<Record<string, string>> = {
  maxTokenTtlSeconds: 'max_token_ttl',
  signingAlg: 'signing_alg',
  identifierRequired: 'identifier required',
  heartbeatSeconds: 'heartbeat',
  slackChannel: 'slack_channel',
  jwksUri: 'jwks_uri',
  pendingPerAgent: 'pending_per_agent',
  pendingPerOwner: 'pending_per_owner',
  createsPerMinute: 'creates_per_minute',
  breakGlassTtlSeconds: 'break_glass_ttl',
  denialBackOffSeconds: 'denial_back_off',
  signingKeyDays: 'signing_key_days',
  onPolicyChange: 'on_policy_change',
};

/** Told without their values: hashes of secrets, addresses that may be one, and how to reach people. */
const LEFT_OUT: ReadonlySet<string> = new Set(['hash', 'notify', 'email', 'slack', 'oidc']);

const LISTS = [
  ['resource', 'resources'],
  ['agent', 'agents'],
  ['client', 'clients'],
  ['person', 'people'],
  ['group', 'groups'],
] as const;

/** What differs between two catalogues, thing by thing, in words of `writ.yaml` as far as those of the catalogue are. */
export function catalogDifferences(before: Catalog | null, after: Catalog): CatalogDifference[] {
  const listed = LISTS.flatMap(([kind, list]) => ofList(kind, before?.[list] ?? [], after[list]));
  if (before === null) return listed;
  const details = detailsOf(before.limits, after.limits);
  return details.length === 0 ? listed : [...listed, { kind: 'limits', change: 'changed', id: 'limits', details }];
}

type Items = readonly { readonly id: string }[];

function ofList(kind: CatalogDifference['kind'], before: Items, after: Items): CatalogDifference[] {
  const old = new Map(before.map((item) => [item.id, item]));
  const kept = new Set(after.map(({ id }) => id));
  return [
    ...after.flatMap((item): CatalogDifference[] => {
      const was = old.get(item.id);
      if (was === undefined) return [{ kind, change: 'added', id: item.id, details: [] }];
      const details = detailsOf(was, item);
      return details.length === 0 ? [] : [{ kind, change: 'changed', id: item.id, details }];
    }),
    ...before
      .filter(({ id }) => !kept.has(id))
      .map(({ id }): CatalogDifference => ({ kind, change: 'retired', id, details: [] })),
  ];
}

function detailsOf(before: object, after: object): string[] {
  const told = compare('', before, after);
  if (told.length <= DETAILS_MAX) return told;
  return [...told.slice(0, DETAILS_MAX), `and ${told.length - DETAILS_MAX} more`];
}

/** Lines for every place at which two values differ. */
function compare(place: string, before: unknown, after: unknown): string[] {
  if (same(before, after)) return [];
  const [old, next] = [membersOf(before), membersOf(after)];
  if (old === null || next === null) return [`${place}: ${shown(before)} → ${shown(after)}`];
  const names = [...new Set([...old.keys(), ...next.keys()])];
  return names.flatMap((name) => {
    const within = place === '' ? (NAMES[name] ?? name) : `${place}.${NAMES[name] ?? name}`;
    const [was, is] = [old.get(name), next.get(name)];
    if (same(was, is)) return [];
    if (LEFT_OUT.has(name)) return [`${within}: changed`];
    if (is === undefined) return [`${within}: removed`];
    if (was === undefined) return [is === true ? `${within}: added` : `${within}: added ${shown(is)}`];
    return compare(within, was, is);
  });
}

/** An object by its keys; a list of named things by their names, one of words by the words. `null` for any other value. */
function membersOf(value: unknown): ReadonlyMap<string, unknown> | null {
  if (!Array.isArray(value)) return isObject(value) ? new Map(Object.entries(value)) : null;
  const items: readonly unknown[] = value;
  if (items.every((item) => typeof item === 'string')) return new Map(items.map((item) => [item, true]));
  const named = items.map((item): [unknown, unknown] => [isObject(item) ? nameOf(item) : undefined, item]);
  if (!named.every((one): one is [string, unknown] => typeof one[0] === 'string')) return null;
  return new Map(named);
}

function nameOf(item: Readonly<Record<string, unknown>>): unknown {
  return item['id'] ?? item['name'] ?? item['kid'];
}

function same(before: unknown, after: unknown): boolean {
  if (before === undefined || after === undefined) return before === after;
  return canonicalJson({ value: before }) === canonicalJson({ value: after });
}

function shown(value: unknown): string {
  const text = value === undefined ? 'nothing' : JSON.stringify(value);
  return text.length > VALUE_MAX ? `${text.slice(0, VALUE_MAX)}…` : text;
}
