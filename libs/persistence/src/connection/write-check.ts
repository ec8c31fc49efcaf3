import { Injectable } from '@nestjs/common';
import { DatabasePool } from './pool.js';
import { StorePulse } from './store-pulse.js';

const KEPT_MS = 1_000;
const ANSWER_MS = 2_000;

/**
 * Takes a transaction id, so that a commit is written, flushed and, where replicas must have it, sent: what a write needs
 * and a read does not. A standby and a database set to reading answer without.
 */
const WRITE = {
  text: `select case when current_setting('transaction_read_only')::bool then null else pg_current_xact_id()::text end as "written"`,
  query_timeout: ANSWER_MS,
};

/** Whether a write is possible now, asked of the database once a second at most however many ask. */
@Injectable()
export class WriteCheck {
  private asked: { readonly at: number; readonly answer: Promise<boolean> } | null = null;

  constructor(
    private readonly pool: DatabasePool,
    private readonly pulse: StorePulse,
  ) {}

  /** Never rejects. */
  possible(): Promise<boolean> {
    if (this.pulse.silent) return Promise.resolve(false);
    if (this.asked === null || performance.now() - this.asked.at > KEPT_MS)
      this.asked = { at: performance.now(), answer: this.write() };
    return this.asked.answer;
  }

  private async write(): Promise<boolean> {
    try {
      const { rows } = await this.pool.query<{ written: string | null }>(WRITE);
      return typeof rows[0]?.written === 'string';
    } catch {
      return false;
    }
  }
}
