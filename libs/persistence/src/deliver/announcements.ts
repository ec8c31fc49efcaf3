import { Injectable } from '@nestjs/common';
import { OUTBOX_FILLED } from '#delivery/ports.js';
import { OutboxSignal } from '../connection/outbox-signal.js';
import { DatabasePool } from '../connection/pool.js';
import { announceChanged } from './announce.js';

/** Changes alone are told so often at most: who reads them gathers for longer, or looks again by itself. */
const BREATH_MS = 20;

/**
 * Tells the other processes, after commits of this one, what changed and that the outbox has rows. Never inside a
 * transaction, where a NOTIFY holds up every other commit that has one, and one message at a time: what commits meanwhile
 * goes with the next. What is lost with the process or the connection, relays find by polling and readers by looking again.
 */
@Injectable()
export class Announcements {
  private changed = new Set<string>();
  private filled = false;
  private telling = false;
  private breath: NodeJS.Timeout | undefined;

  constructor(
    private readonly pool: DatabasePool,
    private readonly relay: OutboxSignal,
  ) {}

  /** @param enqueued rows were left for a relay; where one runs in this very process, no other needs to know */
  tell(escalations: readonly string[], enqueued: boolean): void {
    for (const id of escalations) this.changed.add(id);
    this.filled ||= enqueued && !this.relay.hasRelay;
    if (this.filled || this.breath === undefined) this.flush();
  }

  private flush(): void {
    if (this.telling || (this.changed.size === 0 && !this.filled)) return;
    const ids = [...(this.filled ? [OUTBOX_FILLED] : []), ...this.changed];
    this.changed = new Set();
    this.filled = false;
    this.telling = true;
    this.breath ??= setTimeout(() => {
      this.breath = undefined;
      this.flush();
    }, BREATH_MS).unref();
    void announceChanged(this.pool, ids)
      .catch(() => undefined)
      .finally(() => {
        this.telling = false;
        if (this.filled || this.breath === undefined) this.flush();
      });
  }
}
