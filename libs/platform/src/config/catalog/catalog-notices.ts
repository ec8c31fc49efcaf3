import type { Catalog, NoticeTarget } from '#domain/catalog.js';
import { readRegisteredUrl } from './catalog-workloads.js';
import type { CatalogNode } from './catalog-node.js';
import type { ProblemList } from '../configuration-error.js';

const TARGETS_MAX = 10;
const ADDRESS_LENGTH_MAX = 254;

/** One mailbox, without the display name, comments, quotes and lists that an address header may hold. */
const ADDRESS = /^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/;

/** Reads a group's `notify`: a list of `{ email: … }` and `{ webhook: … }`, each once. */
export function readNotify(node: CatalogNode): NoticeTarget[] {
  const items = node.items();
  if (items.length > TARGETS_MAX) node.refuse(`must name at most ${TARGETS_MAX} places`);
  const seen = new Set<string>();
  return items.map((item) => {
    const target = readTarget(item);
    const place = target.kind === 'email' ? target.address.toLowerCase() : target.url;
    if (place !== '' && seen.has(place)) item.refuse('stands twice in this list');
    seen.add(place);
    return target;
  });
}

function readTarget(item: CatalogNode): NoticeTarget {
  const fields = item.fields([], ['email', 'webhook']);
  if (item.isMapping && item.entries().length !== 1) item.refuse('must have exactly one of email and webhook');
  if (fields.webhook.isPresent) return { kind: 'webhook', url: readRegisteredUrl(fields.webhook) };
  const address = fields.email.matching(ADDRESS, 'must be one e-mail address');
  if (address.length > ADDRESS_LENGTH_MAX) fields.email.refuse(`must have at most ${ADDRESS_LENGTH_MAX} characters`);
  return { kind: 'email', address };
}

/** Notes deputies that are no group, the group itself, or part of a ring of deputies. */
export function checkDeputies(catalog: Catalog, problems: ProblemList): void {
  const deputies = new Map(catalog.groups.map((group) => [group.id, group.deputy ?? null]));
  catalog.groups.forEach(({ id, deputy }, index) => {
    if (deputy === undefined || deputy === null || deputy === '') return;
    const path = `groups[${index}].deputy`;
    if (!deputies.has(deputy)) problems.add(path, 'must be one of the groups');
    else if (deputy === id) problems.add(path, 'must be another group');
    else if (leadsBack(deputies, id)) problems.add(path, 'must not lead back to this group');
  });
}

function leadsBack(deputies: ReadonlyMap<string, string | null>, start: string): boolean {
  const passed = new Set<string>();
  let at = deputies.get(start) ?? null;
  while (at !== null && at !== start && !passed.has(at)) {
    passed.add(at);
    at = deputies.get(at) ?? null;
  }
  return at === start;
}
