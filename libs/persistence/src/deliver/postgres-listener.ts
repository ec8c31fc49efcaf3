import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { ChangeFeed, type ChangeFeedListener } from '#delivery/ports.js';
import { CHANGED_CHANNEL } from './announce.js';

/** A dead peer sends nothing: only a question finds out. */
const HEARTBEAT_MS = 5_000;
const RECONNECT_MS = 250;
const RECONNECT_MAX_MS = 5_000;

/**
 * LISTENs on one connection of its own (a pooled one would lose the subscription) and connects again when it breaks.
 * Needs a session: behind PgBouncer in transaction mode nothing is heard, and long polls live by their backstop.
 */
export class PostgresListener extends ChangeFeed {
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;

  /** @param connectionString of the database in which the relays announce */
  constructor(private readonly connectionString: string) {
    super();
  }

  override open(listener: ChangeFeedListener): void {
    this.running ??= this.run(listener);
  }

  override async close(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async run(listener: ChangeFeedListener): Promise<void> {
    let delay = RECONNECT_MS;
    while (!this.stopping.signal.aborted) {
      try {
        await this.session(listener, () => (delay = RECONNECT_MS));
      } catch (error) {
        listener.lost(error);
      }
      await this.rest(delay);
      delay = Math.min(delay * 2, RECONNECT_MAX_MS);
    }
  }

  /** One connection, from its opening to its loss, which throws, or to the stop. */
  private async session(listener: ChangeFeedListener, connected: () => void): Promise<void> {
    const client = new pg.Client({
      connectionString: this.connectionString,
      application_name: 'writ changes',
      connectionTimeoutMillis: 5_000,
      query_timeout: 5_000,
      keepAlive: true,
    });
    const broken = new Promise<never>((_resolve, reject) => {
      client.on('error', reject);
      client.on('end', () => reject(new Error('the server closed the connection')));
    });
    // It is also raced below; this one keeps an early loss from counting as unhandled.
    broken.catch(() => undefined);
    client.on('notification', ({ payload }) => listener.heard((payload ?? '').split(',')));
    try {
      await client.connect();
      await client.query(`listen "${CHANGED_CHANNEL}"`);
      connected();
      listener.listening();
      for (;;) {
        await Promise.race([broken, this.rest(HEARTBEAT_MS)]);
        if (this.stopping.signal.aborted) return;
        await client.query('select 1');
      }
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  private async rest(ms: number): Promise<void> {
    await pause(ms, undefined, { signal: this.stopping.signal }).catch(() => undefined);
  }
}
