import { Injectable, Logger, type BeforeApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { ChangeSignal } from '#escalations/ports.js';
import { OutageLog } from '../bull/outage-log.js';
import { REVOCATIONS } from '#escalations/watch/revocation-feed.js';
import { ChangeFeed, OUTBOX_FILLED, type WakeSignal } from '../ports.js';

/**
 * Wakes long polls and tells streams: at once for changes of this process, by the feed for those of others. A wake-up may be false and,
 * while the feed is away, missing: whoever waits must look again after a while. At the stop everybody is sent home.
 */
@Injectable()
export class ListeningChangeSignal extends ChangeSignal implements OnModuleInit, BeforeApplicationShutdown {
  private readonly waiters = new Map<string, Set<() => void>>();
  private readonly watchers = new Set<(escalationId: string | null) => void>();
  private readonly outage = new OutageLog('The feed of changes', new Logger('Delivery'));
  private closed = false;

  /** @param relay is woken when another process has left it work, and when that may have been missed */
  constructor(
    private readonly feed: ChangeFeed,
    private readonly relay: Pick<WakeSignal, 'wake'>,
  ) {
    super();
  }

  onModuleInit(): void {
    this.feed.open({
      heard: (ids) => ids.forEach((id) => this.heard(id)),
      listening: () => {
        this.outage.up();
        this.relay.wake();
        this.wakeAll();
        this.tellWatchers(null);
      },
      lost: (error) => this.outage.down(error),
    });
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.closed = true;
    this.wakeAll();
    await this.feed.close();
  }

  override wait(escalationId: string, ms: number): Promise<void> {
    if (this.closed || ms <= 0) return Promise.resolve();
    return new Promise((resolve) => {
      const waiting = this.waiters.get(escalationId) ?? new Set();
      this.waiters.set(escalationId, waiting);
      const leave = (): void => {
        clearTimeout(timer);
        waiting.delete(leave);
        if (waiting.size === 0 && this.waiters.get(escalationId) === waiting) this.waiters.delete(escalationId);
        resolve();
      };
      const timer = setTimeout(leave, ms);
      waiting.add(leave);
    });
  }

  override changed(escalationId: string): void {
    this.wake(escalationId);
    this.tellWatchers(escalationId);
  }

  override watch(heard: (escalationId: string | null) => void): () => void {
    this.watchers.add(heard);
    return () => void this.watchers.delete(heard);
  }

  private heard(id: string): void {
    if (id === OUTBOX_FILLED) this.relay.wake();
    else if (id === REVOCATIONS) this.wake(id);
    else this.changed(id);
  }

  private wake(escalationId: string): void {
    for (const leave of [...(this.waiters.get(escalationId) ?? [])]) leave();
  }

  private tellWatchers(escalationId: string | null): void {
    for (const heard of [...this.watchers]) heard(escalationId);
  }

  private wakeAll(): void {
    for (const id of [...this.waiters.keys()]) this.wake(id);
  }
}
