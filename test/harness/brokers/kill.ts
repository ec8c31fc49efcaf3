import { killContent } from '#escalations/sealed-content.js';
import { sealedOf } from '../world/sealed.js';
import type { World } from '../world/world.js';

/**
 * A kill switch thrown at an instant of the test's choosing, with the seal that a process of this world would make.
 * @param at SQL of a timestamptz
 */
export async function throwSwitch(
  world: World,
  kind: 'task' | 'approver',
  subject: string,
  at = 'clock_timestamp()',
): Promise<void> {
  const { rows } = await world.database.pool.query<{ id: string; notBefore: string }>(
    `select nextval(pg_get_serial_sequence('kill_switches', 'id'))::text as "id", (extract(epoch from ${at}) * 1000000)::bigint::text as "notBefore"`,
  );
  const { id = '', notBefore = '' } = rows[0] ?? {};
  await world.database.pool.query(
    `insert into "kill_switches" ("id", "kind", "subject", "not_before", "mac")
     values ($1, $2, $3, timestamptz 'epoch' + $4::bigint * interval '1 microsecond', $5)`,
    [id, kind, subject, notBefore, sealedOf(world).seals.mac('kill', killContent({ id, kind, subject, notBefore }))],
  );
}
