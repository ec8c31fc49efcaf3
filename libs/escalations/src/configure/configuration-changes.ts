import { canonicalJson } from '#domain/authority/canonical-json.js';
import type { AppliedConfiguration, ConfigurationChange, NewConfiguration } from '../judge/configuration-store.js';

type Items = readonly { readonly id: string }[];

/** What differs between the configuration in force and the next one, item by item. */
export function configurationChanges(
  before: AppliedConfiguration | null,
  after: NewConfiguration,
): ConfigurationChange[] {
  const named = (files: NewConfiguration['policies']): Items =>
    files.map((file) => ({ id: file.name, text: file.text }));
  return [
    ...changesOf('resource', before?.catalog.resources ?? [], after.catalog.resources),
    ...changesOf('agent', before?.catalog.agents ?? [], after.catalog.agents),
    ...changesOf('client', before?.catalog.clients ?? [], after.catalog.clients),
    ...changesOf('person', before?.catalog.people ?? [], after.catalog.people),
    ...changesOf('group', before?.catalog.groups ?? [], after.catalog.groups),
    ...changesOf('policy', named(before?.policies ?? []), named(after.policies)),
    ...changesOf('limits', before === null ? [] : [{ id: 'limits', ...before.catalog.limits }], [
      { id: 'limits', ...after.catalog.limits },
    ]),
  ];
}

function changesOf(kind: ConfigurationChange['kind'], before: Items, after: Items): ConfigurationChange[] {
  const old = new Map(before.map((item) => [item.id, canonicalJson(item)]));
  const kept = new Set(after.map((item) => item.id));
  return [
    ...after
      .filter((item) => old.get(item.id) !== canonicalJson(item))
      .map((item) => ({ kind, change: old.has(item.id) ? ('changed' as const) : ('added' as const), id: item.id })),
    ...before.filter((item) => !kept.has(item.id)).map((item) => ({ kind, change: 'retired' as const, id: item.id })),
  ];
}
