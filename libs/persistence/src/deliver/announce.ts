import type pg from 'pg';

/** The channel on which is said what changed; the listeners are in `postgres-listener.ts`. */
export const CHANGED_CHANNEL = 'writ_changed';

/** PostgreSQL refuses a notification of 8000 bytes. */
const NOTIFY_MAX_BYTES = 7_900;

/** Tells every process that these escalations may have changed; inside a transaction, when that commits. */
export async function announceChanged(
  db: Pick<pg.Pool | pg.PoolClient, 'query'>,
  escalationIds: readonly string[],
): Promise<void> {
  for (const payload of payloads(escalationIds)) {
    await db.query({
      name: 'outbox-announce',
      text: `select pg_notify('${CHANGED_CHANNEL}', $1)`,
      values: [payload],
    });
  }
}

/** Ids joined by commas, as few payloads as the limit allows: one, for a batch of a hundred ids of ours. */
function payloads(ids: readonly string[]): string[] {
  const joined: string[] = [];
  for (const id of ids) {
    const last = joined.at(-1);
    if (last !== undefined && Buffer.byteLength(last) + 1 + Buffer.byteLength(id) <= NOTIFY_MAX_BYTES) {
      joined[joined.length - 1] = `${last},${id}`;
    } else {
      joined.push(id);
    }
  }
  return joined;
}
