import { Injectable } from '@nestjs/common';
import { OutageLog } from '#delivery/bull/outage-log.js';
import { WriteCheck } from '#persistence/connection/write-check.js';

/** Longer than a moment's trouble, shorter than anybody waits for a card. */
const RELAY_FAILS_MS = 1_000;

/** How the relay of this process fares; one that has no relay never fails. */
export class RelayOutage extends OutageLog {}

/** What keeps this process from serving; a word for each, and no more, since anybody may ask. */
export type Unready = 'store' | 'relay';

/** Whether somebody else should be asked instead of this process. */
@Injectable()
export class Readiness {
  constructor(
    private readonly store: WriteCheck,
    private readonly relay: RelayOutage,
  ) {}

  /** `null` while it can serve. Never rejects. */
  async fault(): Promise<Unready | null> {
    if (!(await this.writable())) return 'store';
    return this.relayFails() ? 'relay' : null;
  }

  writable(): Promise<boolean> {
    return this.store.possible();
  }

  relayFails(): boolean {
    return this.relay.failingMs() > RELAY_FAILS_MS;
  }
}
