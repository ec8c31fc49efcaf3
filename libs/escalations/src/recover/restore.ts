import { Injectable } from '@nestjs/common';
import { refuse, type Refusal } from '#domain/refusal.js';
import { Store } from '../ports.js';
import type { RestoreEpoch, RestoreVerdict } from './restore-rows.js';
import type { Actor } from '../rows/history.js';

/** An event that a broker has seen committed: as long as the history holds it, nothing was put back to before it. */
export interface RestoreMarker {
  /** Decimal digits. */
  readonly seq: string;
  readonly eventId: string;
  /** When that was, epoch milliseconds of the database clock. */
  readonly at: number;
}

/** Reads about restores, outside any transaction. */
export abstract class RestoreReader {
  /** Newest first. */
  abstract epochs(limit: number): Promise<RestoreEpoch[]>;
  abstract newestEvent(): Promise<RestoreMarker | null>;
  /** The id of the event with this number, `null` when the history has none. */
  abstract eventAt(seq: string): Promise<string | null>;
  /** True when anything was ever asked of this database: otherwise there is nothing that could have come back. */
  abstract everAsked(): Promise<boolean>;
  /** Grants that are ready or active. */
  abstract openGrants(): Promise<number>;
}

/**
 * After a restore the database says what was true once: revoked grants live, ended sessions are open. A declared restore
 * holds everything (nothing is minted, no token counts) until somebody has reviewed it. See ADR 0015.
 */
@Injectable()
export class Restores {
  constructor(
    private readonly store: Store,
    private readonly reader: RestoreReader,
  ) {}

  /** Holds everything from now on. Requests that wait for people are cancelled, since their decisions may have been lost. */
  declare(cause: RestoreEpoch['cause'], actor: Actor): Promise<RestoreEpoch> {
    return this.store.run(async (tx) => {
      const { open, now } = await tx.restores.lockOpen();
      const epoch =
        open === null
          ? await tx.restores.declare(cause, `${actor.kind}:${actor.id}`, now)
          : await tx.restores.declareAgain(open.id, now);
      const sessions = await tx.restores.endSessions(now);
      const data = { epoch: epoch.id, cause, sessions_ended: sessions };
      await tx.journal.record([{ type: 'restore.declared', actor, data }], now);
      return epoch;
    });
  }

  /**
   * Lets go of what is held: `keep` leaves the grants from before as they stand, `end` ends them all (`restored`).
   * Refuses `not_found` when nothing waits for a review.
   */
  review(verdict: RestoreVerdict, note: string | null, actor: Actor): Promise<RestoreEpoch | Refusal> {
    return this.store.run(async (tx) => {
      const { open, now } = await tx.restores.lockOpen();
      if (open === null) return refuse('not_found', 'No restore waits for a review.');
      await tx.restores.review(open.id, { by: `${actor.kind}:${actor.id}`, verdict, note, now });
      const data = { epoch: open.id, verdict, ...(note === null ? {} : { note }) };
      await tx.journal.record([{ type: 'restore.reviewed', actor, data }], now);
      return open;
    });
  }

  /**
   * What a mark says of the database: `held`, its event is there; `missed`, it is not, so the database was put back and
   * nobody has said so; `past`, it is not, and that is known: a restore was declared since, or nothing was ever asked of
   * this database, so that it is a new one.
   */
  async judge(mark: RestoreMarker): Promise<'held' | 'missed' | 'past'> {
    if ((await this.reader.eventAt(mark.seq)) === mark.eventId) return 'held';
    const [newest] = await this.reader.epochs(1);
    if (newest !== undefined && newest.declaredAt >= mark.at) return 'past';
    return (await this.reader.everAsked()) ? 'missed' : 'past';
  }
}

/** True when `next` is an event after `mark`. */
export function isLater(next: RestoreMarker, mark: RestoreMarker): boolean {
  return BigInt(next.seq) > BigInt(mark.seq);
}
