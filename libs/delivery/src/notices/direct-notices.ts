import { whyNotEligible } from '#domain/approval/timetable.js';
import type { Catalog, CatalogPerson } from '#domain/catalog.js';
import type { EventRow } from '#escalations/watch/history.js';
import type { NoticeKind } from '#escalations/tell/what-follows.js';
import { kindOf, noticeOf, type AddressedNotice, type NotifiedRequest, type NoticeRegistry } from './notice.js';

/**
 * Late in the window everyone who may decide and has not is told in person, once, whichever groups they are in: the
 * members of the groups that are waited for, and their deputies. Nobody who is quiet, and nobody when it is decided.
 */
export function directNotices(
  request: NotifiedRequest,
  events: readonly EventRow[],
  registry: NoticeRegistry,
  issuer: string,
): AddressedNotice[] {
  if (!request.asksPeople) return [];
  const { catalog } = registry;
  const told = new Set(request.quiet);
  return events.flatMap((event) => {
    const kind = kindOf(event, request.escalation);
    const group = kind === null ? null : groupCalled(kind, event);
    if (kind === null || group === null) return [];
    const notice = noticeOf(kind, event, { escalation: request.escalation, group, registry, issuer });
    return membersOf(group, catalog)
      .filter((person) => !told.has(person.id) && mayDecide(person, request, catalog))
      .flatMap((person): AddressedNotice[] => {
        told.add(person.id);
        return person.slack.map(({ team, user }) => ({
          notice,
          target: { kind: 'slack', person: person.id, team, user },
        }));
      });
  });
}

function groupCalled(kind: NoticeKind, { data }: EventRow): string | null {
  const group = kind === 'reminder' ? data['group'] : kind === 'deputy_asked' ? data['deputy'] : null;
  return typeof group === 'string' ? group : null;
}

function membersOf(group: string, catalog: Catalog): CatalogPerson[] {
  const members = catalog.groups.find(({ id }) => id === group)?.members ?? [];
  return catalog.people.filter(({ id }) => members.includes(id));
}

function mayDecide({ id, roles }: CatalogPerson, { escalation, now }: NotifiedRequest, catalog: Catalog): boolean {
  const groups = catalog.groups.filter(({ members }) => members.includes(id)).map((group) => group.id);
  return whyNotEligible(escalation, { person: id, roles, groups }, now) === null;
}
