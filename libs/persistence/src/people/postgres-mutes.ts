import { Injectable } from '@nestjs/common';
import { Mutes, type MuteTarget } from '#escalations/people/mutes.js';
import { ms } from '../sql/columns.js';
import { DatabasePool } from '../connection/pool.js';

/** One row for each person and thing they muted, judged on the database clock; the person's own call forgets what is over. */
@Injectable()
export class PostgresMutes extends Mutes {
  constructor(private readonly pool: DatabasePool) {
    super();
  }

  override async mute(person: string, target: MuteTarget, minutes: number): Promise<number> {
    const { rows } = await this.pool.query<{ until: number }>({
      name: 'mute',
      text: `with over as (
               delete from "mutes" where "person_id" = $1 and "until" < clock_timestamp() and ("kind", "subject") <> ($2, $3))
             insert into "mutes" ("person_id", "kind", "subject", "until")
             values ($1, $2, $3, clock_timestamp() + make_interval(mins => $4))
             on conflict ("person_id", "kind", "subject") do update set "until" = excluded."until"
             returning ${ms('"until"')} as "until"`,
      values: [person, target.kind, target.id, minutes],
    });
    return rows[0]?.until as number;
  }

  override async mutedAmong(
    people: readonly string[],
    about: { readonly escalation: string; readonly agent: string },
  ): Promise<ReadonlySet<string>> {
    const { rows } = await this.pool.query<{ person: string }>({
      name: 'muted-among',
      text: `select distinct "person_id" as "person" from "mutes"
             where "person_id" = any($1) and "until" > clock_timestamp()
               and (("kind" = 'escalation' and "subject" = $2) or ("kind" = 'agent' and "subject" = $3))`,
      values: [people, about.escalation, about.agent],
    });
    return new Set(rows.map((row) => row.person));
  }
}
