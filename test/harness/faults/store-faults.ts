import type { World } from '../world/world.js';

/**
 * Has the next statements that write to a table fail with an SQLSTATE, as often as told, and lets all others pass.
 * Counted by a sequence, so a statement that was undone counts.
 * @returns ends it
 */
export async function failWrites(
  world: World,
  table: string,
  code: string,
  times: number,
): Promise<() => Promise<void>> {
  const { pool } = world.database;
  await pool.query(`
    drop sequence if exists "fault_turns";
    create sequence "fault_turns";
    grant all on "fault_turns" to public;
    create or replace function "fault"() returns trigger language plpgsql as $$
    begin
      if nextval('fault_turns') <= ${times} then raise exception 'injected' using errcode = '${code}'; end if;
      return null;
    end $$;
    create trigger "fault" before insert or update or delete on "${table}" for each statement execute function "fault"();`);
  return async () => {
    await pool.query(`drop trigger "fault" on "${table}"`);
  };
}

/** Ends the database's other sessions, as a failover does. */
export async function endSessions(world: World): Promise<void> {
  await world.database.pool.query(
    `select pg_terminate_backend("pid") from "pg_stat_activity"
     where "datname" = current_database() and "application_name" like 'writ%'`,
  );
}
