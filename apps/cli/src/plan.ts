import { nextPeople } from '#escalations/configure/roster.js';
import type { AppliedConfiguration, NewConfiguration } from '#escalations/judge/configuration-store.js';
import { registryOf } from '#escalations/judge/configuration-in-force.js';
import {
  cancelledBy,
  WEIGHED_MAX,
  weighConfiguration,
  weighGrants,
  type LivingGrant,
  type WeighedGrants,
  type Weighing,
} from '#escalations/configure/weigh-configuration.js';
import { inSnapshot, PostgresWeighing, readsUnder } from '#persistence/configure/postgres-weighing.js';
import type { UseCases } from '#persistence/use-cases.js';

/** Longer than anybody waits for an answer, and shorter than what a database bears of one snapshot. */
const WEIGHING_MS = 20_000;

/** A way to ask whether there is still time, from now on. */
function timer(): () => boolean {
  const end = performance.now() + WEIGHING_MS;
  return () => performance.now() < end;
}

/**
 * What would become of live grants, open requests and the last thousand requests under the next configuration. In one
 * transaction that can write nothing, over one snapshot, for twenty seconds at most.
 */
export function weigh(
  { pool, configurations }: UseCases,
  next: NewConfiguration,
): Promise<{ readonly before: AppliedConfiguration | null; readonly weighing: Weighing }> {
  const stillTime = timer();
  return inSnapshot(pool, async (client) => {
    const before = await configurations.newest(client);
    const ids = next.catalog.people.map(({ id }) => id);
    const applied: AppliedConfiguration = {
      ...next,
      seq: before === null ? '1' : (BigInt(before.seq) + 1n).toString(),
      people: nextPeople(before?.people ?? {}, ids, () => 'per_to_come', Date.now()),
    };
    const sides = {
      before: before === null ? null : { applied: before, registry: registryOf(before) },
      next: { applied, registry: registryOf(applied) },
    };
    const judge = { read: readsUnder(client, configurations, applied), seals: configurations.seals, stillTime };
    return { before, weighing: await weighConfiguration(new PostgresWeighing(client), sides, judge) };
  });
}

/** What there was before an apply, to be looked at after it. */
export interface BeforeApply {
  readonly living: { readonly grants: readonly LivingGrant[]; readonly total: number };
  readonly waiting: readonly string[];
}

/** Reads what a configuration will meet: two statements, so that nobody waits for an apply that is urgent. */
export async function readBeforeApply({ pool }: UseCases, next: NewConfiguration): Promise<BeforeApply> {
  const source = new PostgresWeighing(pool);
  const open = cancelledBy(await source.open(WEIGHED_MAX), next.catalog);
  return { living: await source.living(WEIGHED_MAX), waiting: open.map(({ id }) => id) };
}

/** What became of it under the configuration in force now, for twenty seconds at most. */
export async function readAfterApply(
  { pool, configurations, store: { read } }: UseCases,
  { living, waiting }: BeforeApply,
): Promise<{ readonly grants: WeighedGrants; readonly cancelled: number }> {
  const applied = await configurations.newest(pool);
  const cancelled = waiting.length === 0 ? 0 : await new PostgresWeighing(pool).cancelled(waiting);
  if (applied === null) return { grants: { total: living.total, judged: 0, stopped: [] }, cancelled };
  const judge = { read, seals: configurations.seals, stillTime: timer() };
  return { grants: await weighGrants(living, registryOf(applied), judge), cancelled };
}
