import { auditLeaf } from '#audit/entry.js';
import { MasterKeySeals } from '#tokens/master-key-seals.js';
import type { World } from '../world/world.js';

interface Entry {
  readonly seq: string;
  readonly mac: string | null;
  readonly id: string;
  readonly at: Date;
  readonly type: string;
  readonly actorKind: string;
  readonly actorId: string;
  readonly escalation: string | null;
  readonly grant: string | null;
  readonly agent: string | null;
  readonly data: unknown;
}

/** Events that do not say what their seal covers. */
export async function falseEntries(world: World): Promise<string[]> {
  const seals = new MasterKeySeals(Buffer.from(world.masterKey, 'base64'));
  const { rows } = await world.database.pool.query<Entry>(
    `select v."seq"::text as "seq", v."mac", v."id", v."at", v."type", v."actor_kind" as "actorKind",
       v."actor_id" as "actorId", v."escalation_id" as "escalation", v."grant_id" as "grant", v."agent_id" as "agent", v."data"
     from "events" v`,
  );
  return rows.flatMap(({ seq, mac, actorKind, actorId, at, ...event }) => {
    const told = auditLeaf({ ...event, at: at.toISOString(), actor: { kind: actorKind, id: actorId } });
    return seals.matches('event', told, mac) ? [] : [`event ${seq} does not say what its seal covers`];
  });
}
