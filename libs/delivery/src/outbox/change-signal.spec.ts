import { beforeEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { ListeningChangeSignal } from './change-signal.js';
import { ChangeFeed, type ChangeFeedListener } from '../ports.js';

class HandFeed extends ChangeFeed {
  listener: ChangeFeedListener | undefined;
  override open(listener: ChangeFeedListener): void {
    this.listener = listener;
  }
  override async close(): Promise<void> {}
}

const FAR_MS = 600_000;

describe('the change signal', () => {
  let feed: HandFeed;
  let signal: ListeningChangeSignal;
  let relayWoken: number;

  beforeEach(() => {
    Logger.overrideLogger(false);
    feed = new HandFeed();
    relayWoken = 0;
    signal = new ListeningChangeSignal(feed, { wake: () => void (relayWoken += 1) });
    signal.onModuleInit();
  });

  it('wakes the relay for rows that another process left, and for nothing else that it announces', () => {
    feed.listener?.heard(['esc_1', 'revocations']);
    expect(relayWoken).toBe(0);
    const told: (string | null)[] = [];
    signal.watch((id) => told.push(id));
    feed.listener?.heard(['outbox', 'esc_2']);
    expect([relayWoken, told]).toEqual([1, ['esc_2']]);
  });

  it('has the relay look when it listens again: what was announced meanwhile went unheard', () => {
    feed.listener?.lost(new Error('the server closed the connection'));
    expect(relayWoken).toBe(0);
    feed.listener?.listening();
    expect(relayWoken).toBe(1);
  });

  it('wakes everybody who waits for the escalation that changed, and nobody else', async () => {
    const woken: string[] = [];
    const waits = ['esc_1', 'esc_1', 'esc_2'].map((id) => signal.wait(id, FAR_MS).then(() => woken.push(id)));
    signal.changed('esc_1');
    await Promise.all(waits.slice(0, 2));
    expect(woken).toEqual(['esc_1', 'esc_1']);
    signal.changed('esc_2');
    await waits[2];
  });

  it('wakes for what other processes announce', async () => {
    const wait = signal.wait('esc_1', FAR_MS);
    feed.listener?.heard(['esc_9', 'esc_1']);
    await expect(wait).resolves.toBeUndefined();
  });

  it('resolves by itself when the time is over', async () => {
    await expect(signal.wait('esc_1', 1)).resolves.toBeUndefined();
  });

  it('wakes everybody after a gap, in which announcements went unheard', async () => {
    const waits = Promise.all([signal.wait('esc_1', FAR_MS), signal.wait('esc_2', FAR_MS)]);
    feed.listener?.lost(new Error('gone'));
    feed.listener?.listening();
    await waits;
  });

  it('tells a watcher of every change, and of a gap in which any may have gone unheard', () => {
    const heard: (string | null)[] = [];
    const stop = signal.watch((id) => heard.push(id));
    signal.changed('esc_1');
    feed.listener?.heard(['esc_2']);
    feed.listener?.listening();
    stop();
    signal.changed('esc_3');
    expect(heard).toEqual(['esc_1', 'esc_2', null]);
  });

  it('sends everybody home at the stop and lets nobody wait after it', async () => {
    const wait = signal.wait('esc_1', FAR_MS);
    await signal.beforeApplicationShutdown();
    await wait;
    await signal.wait('esc_1', FAR_MS);
  });
});
