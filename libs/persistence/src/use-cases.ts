import { ReviewBreakGlass } from '#escalations/ask/review-break-glass.js';
import { RemindEscalation } from '#escalations/decide/remind-escalation.js';
import { CloseOverdue } from '#escalations/end/close-overdue.js';
import { KillSwitch } from '#escalations/end/kill-switch.js';
import { RevokeGrant } from '#escalations/end/revoke-grant.js';
import { SuspendAgent } from '#escalations/end/suspend-agent.js';
import { CompromiseKey } from '#escalations/keys/compromise-key.js';
import { RotateDueKeys } from '#escalations/keys/rotate-due-keys.js';
import { RotateKeys } from '#escalations/keys/rotate-keys.js';
import type { KeyMaker } from '#escalations/keys/signing-keys.js';
import { ChangeSignal, type RegistrySource } from '#escalations/ports.js';
import { Restores } from '#escalations/recover/restore.js';
import { PostgresConfigurationStore } from './configure/postgres-configuration-store.js';
import type { Journal } from './connection/journal.js';
import { OutboxSignal } from './connection/outbox-signal.js';
import type { DatabasePool } from './connection/pool.js';
import { Announcements } from './deliver/announcements.js';
import { PostgresRemindersGiven } from './decide/postgres-reminders.js';
import { PostgresOverdueSource } from './end/postgres-overdue-source.js';
import { PostgresDeadLetters } from './recover/postgres-dead-letters.js';
import { PostgresRestoreReader } from './recover/postgres-restores.js';
import type { SealedConfigurations } from './sql/sealed-configurations.js';
import { AfterCommit, PostgresStore } from './transaction/postgres-store.js';
import { PostgresHistory } from './watch/postgres-history.js';

/** A pool that judges by seals, and what its rows are sealed and written into the history with. */
export interface Grounds {
  readonly pool: DatabasePool;
  readonly configurations: SealedConfigurations;
  readonly journal: Journal;
}

/** The stores and use cases over one database. */
export type UseCases = ReturnType<typeof useCases>;

/**
 * The stores over one database, and the use cases that need nothing else or one thing more, which they are then given.
 * Each is made when it is asked for.
 * @param after hears of commits; unless told nobody in this process, only brokers elsewhere
 */
export function useCases(grounds: Grounds, after: AfterCommit = toldElsewhere(grounds.pool)) {
  const { pool, configurations, journal } = grounds;
  const store = new PostgresStore(pool, journal, configurations, after);
  return {
    ...grounds,
    store,
    get configurationStore() {
      return new PostgresConfigurationStore(pool, journal, configurations);
    },
    get history() {
      return new PostgresHistory(pool, configurations, journal);
    },
    get deadLetters() {
      return new PostgresDeadLetters(pool, journal);
    },
    get restoreReader() {
      return new PostgresRestoreReader(pool, journal);
    },
    get suspendAgent() {
      return new SuspendAgent(store);
    },
    get revokeGrant() {
      return new RevokeGrant(store);
    },
    get closeOverdue() {
      return new CloseOverdue(store, new PostgresOverdueSource(pool));
    },
    get remindEscalation() {
      return new RemindEscalation(store, new PostgresRemindersGiven(pool));
    },
    get restores() {
      return new Restores(store, new PostgresRestoreReader(pool, journal));
    },
    reviewBreakGlass: (registry: RegistrySource) => new ReviewBreakGlass(store, registry),
    rotateKeys: (maker: KeyMaker) => new RotateKeys(store, maker),
    rotateDueKeys: (registry: RegistrySource, maker: KeyMaker) => new RotateDueKeys(registry, store, maker),
    compromiseKey: (maker: KeyMaker) => new CompromiseKey(store, maker),
    killSwitch: (maker: KeyMaker) => new KillSwitch(store, new SuspendAgent(store), new CompromiseKey(store, maker)),
  };
}

function toldElsewhere(pool: DatabasePool): AfterCommit {
  const relay = new OutboxSignal();
  return new AfterCommit(relay, new NobodyWaits(), new Announcements(pool, relay));
}

/** No long poll hangs on this process; those of brokers hear the commit from the database. */
class NobodyWaits extends ChangeSignal {
  override wait(): Promise<void> {
    return Promise.resolve();
  }
  override changed(): void {}
  override watch(): () => void {
    return () => undefined;
  }
}
