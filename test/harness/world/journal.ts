import type { EventRow } from '#escalations/watch/history.js';
import type { Ids } from '#escalations/ports.js';
import { Journal, leafOf } from '#persistence/connection/journal.js';
import { RandomIds } from '#persistence/connection/random-ids.js';
import { EVENT_COLUMNS, EVENT_FROM } from '#persistence/sql/events.js';
import { MasterKeySeals } from '#tokens/master-key-seals.js';
import { asSuperuser } from './superuser.js';
import type { World } from './world.js';

/** The journal as a broker of this world holds it: under the same master key. */
export function journalOf(world: Pick<World, 'masterKey'>, ids: Ids = new RandomIds()): Journal {
  return new Journal(ids, new MasterKeySeals(Buffer.from(world.masterKey, 'base64')));
}

/** Lets the events of a type grow old, as if they had been written so long ago: with their seals. */
export async function ageEvents(world: World, escalationId: string, type: string, hours: number): Promise<void> {
  const { rows } = await world.database.pool.query<EventRow>(
    `select ${EVENT_COLUMNS} ${EVENT_FROM} where e."escalation_id" = $1 and e."type" = $2`,
    [escalationId, type],
  );
  for (const row of rows) {
    const leaf = leafOf({ ...row, at: row.at - hours * 3_600_000 }) ?? '';
    await asSuperuser(
      world,
      `update "events" set "at" = "at" - make_interval(hours => $3), "mac" = $2, "txid" = pg_current_xact_id() where "id" = $1`,
      [row.id, journalOf(world).seal(leaf), hours],
    );
  }
}
