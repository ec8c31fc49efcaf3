import { Injectable } from '@nestjs/common';
import { CallWindows } from '#identity/ports.js';
import { DatabasePool } from '../connection/pool.js';

/** Fixed one-minute windows on the database clock, the same for every process. */
@Injectable()
export class PostgresCallWindows extends CallWindows {
  constructor(private readonly pool: DatabasePool) {
    super();
  }

  override async count(caller: string, budget: string): Promise<{ calls: number; resetSeconds: number }> {
    const { rows } = await this.pool.query<{ calls: number; reset: number }>({
      name: 'call-window',
      text: `insert into "call_windows" ("caller", "budget", "window_start", "calls")
             values ($1, $2, date_trunc('minute', clock_timestamp()), 1)
             on conflict ("caller", "budget", "window_start") do update set "calls" = "call_windows"."calls" + 1
             returning "calls", ceil(60 - extract(second from clock_timestamp()))::int as "reset"`,
      values: [caller, budget],
    });
    return { calls: rows[0]?.calls ?? 0, resetSeconds: Math.max(1, rows[0]?.reset ?? 60) };
  }
}
