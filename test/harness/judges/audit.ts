import { createHash } from 'node:crypto';
import { auditLeaf } from '#audit/entry.js';
import type { World } from '../world/world.js';

interface Entry {
  readonly seq: string;
  readonly leaf: string;
  readonly hash: string;
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

/** Audit entries that do not say what their event says, or do not hash to what they say. */
export async function falseEntries(world: World): Promise<string[]> {
  const { rows } = await world.database.pool.query<Entry>(
    `select a."seq"::text as "seq", a."leaf", encode(a."leaf_hash", 'hex') as "hash", v."id", v."at", v."type", v."actor_kind" as "actorKind",
       v."actor_id" as "actorId", v."escalation_id" as "escalation", v."grant_id" as "grant", v."agent_id" as "agent", v."data"
     from "audit_entries" a join "events" v on v."id" = a."event_id"`,
  );
  return rows.flatMap(({ seq, leaf, hash, actorKind, actorId, at, ...event }) => {
    const told = auditLeaf({ ...event, at: at.toISOString(), actor: { kind: actorKind, id: actorId } });
    const hashed = createHash('sha256').update('\0').update(leaf, 'utf8').digest('hex');
    return [
      ...(leaf === told ? [] : [`audit entry ${seq} does not say what its event says`]),
      ...(hash === hashed ? [] : [`audit entry ${seq} does not hash to its leaf`]),
    ];
  });
}
