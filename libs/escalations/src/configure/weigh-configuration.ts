import type { Catalog } from '#domain/catalog.js';
import { resourceOf } from '../judge/check-catalog.js';
import type { AppliedConfiguration } from '../judge/configuration-store.js';
import { PolicyTightening, type Tightened } from '../judge/policy-tightening.js';
import type { Reads, Registry, Seals } from '../ports.js';
import { replayUnder, type ConfigurationReplay, type StoredAsk } from './replay-configuration.js';

/** Grants and open requests that are looked at: what more there is, is counted. */
export const WEIGHED_MAX = 10_000;
/** Requests that are decided again, newest first. */
export const REPLAYED_MAX = 1_000;

/** A grant that is ready or active. */
export interface LivingGrant {
  readonly id: string;
  readonly escalationId: string;
  readonly agentId: string;
  readonly resource: string;
}

/** A request that waits for people. */
export interface OpenRequest {
  readonly id: string;
  readonly agentId: string;
  readonly resource: string;
  readonly request: StoredAsk['request'];
}

/** What a configuration would meet, read in one go. */
export abstract class WeighingSource {
  /** At most `limit` of them, the newest; `total` counts all. */
  abstract living(limit: number): Promise<{ readonly grants: readonly LivingGrant[]; readonly total: number }>;
  abstract open(limit: number): Promise<readonly OpenRequest[]>;
  abstract latest(limit: number): Promise<readonly StoredAsk[]>;
  /** How many of these requests are over: cancelled, or of an agent that has left. */
  abstract cancelled(ids: readonly string[]): Promise<number>;
}

/** `live`: it ends; `new_uses`: it is not used, renewed or collected any more; `gone`: the catalogue does not have it. */
export interface StoppedGrant extends LivingGrant {
  readonly how: Exclude<Tightened, 'off'>;
}

/** What becomes of living grants. */
export interface WeighedGrants {
  readonly total: number;
  /** How many were looked at before the time was over. */
  readonly judged: number;
  readonly stopped: readonly StoppedGrant[];
}

/** What becomes of everything. */
export interface Weighing {
  readonly grants: WeighedGrants;
  /** Open requests, and those among them that the configuration cancels. */
  readonly open: number;
  readonly cancelled: number;
  readonly replay: ConfigurationReplay;
}

/**
 * Judges grants as whoever uses them next will: under `registry`, with the people that `read` knows.
 * @param stillTime false once the time is over; what was not judged by then is said to be so
 */
export async function weighGrants(
  living: Awaited<ReturnType<WeighingSource['living']>>,
  registry: Registry,
  { read, seals, stillTime }: { read: Reads; seals: Seals; stillTime: () => boolean },
): Promise<WeighedGrants> {
  const tightening = new PolicyTightening({ read }, seals);
  const stopped: StoppedGrant[] = [];
  let judged = 0;
  for (const grant of living.grants) {
    if (!stillTime()) break;
    const how = await tightening.of(grant.escalationId, registry);
    if (how !== 'off') stopped.push({ ...grant, how });
    judged += 1;
  }
  return { total: living.total, judged, stopped };
}

/** The open requests that applying this catalogue cancels: their agent, resource or one of their actions has left. */
export function cancelledBy(
  open: readonly OpenRequest[],
  catalog: Pick<Catalog, 'resources' | 'agents'>,
): OpenRequest[] {
  const agents = new Set(catalog.agents.map(({ id }) => id));
  return open.filter(
    ({ agentId, resource, request }) =>
      !agents.has(agentId) || resourceOf(catalog, resource, request.authorization_details) === null,
  );
}

/**
 * What would become of everything under another configuration. Changes nothing, and ends in time: what it did not come to
 * is said.
 * @param before `null` where nothing was ever applied @param judge `read` knows the people of the next configuration
 */
export async function weighConfiguration(
  source: WeighingSource,
  sides: {
    readonly before: { readonly applied: AppliedConfiguration; readonly registry: Registry } | null;
    readonly next: { readonly applied: AppliedConfiguration; readonly registry: Registry };
  },
  judge: { readonly read: Reads; readonly seals: Seals; readonly stillTime: () => boolean },
): Promise<Weighing> {
  const { before, next } = sides;
  const asked = before === null ? [] : await source.latest(REPLAYED_MAX);
  const replay = replayUnder(asked, before ?? next, next, judge.stillTime);
  const open = await source.open(WEIGHED_MAX);
  return {
    replay,
    open: open.length,
    cancelled: cancelledBy(open, next.applied.catalog).length,
    grants: await weighGrants(await source.living(WEIGHED_MAX), next.registry, judge),
  };
}
