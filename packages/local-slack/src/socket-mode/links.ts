import { randomBytes } from 'node:crypto';
import type { Clock } from '../workspace.js';

/** How long the address of a connection can be used. */
export const LINK_LIFE_MS = 30_000;

/** The single-use addresses at which an app opens its socket; the ticket is the proof, so no token travels in them. */
export class Links {
  private readonly issued = new Map<string, number>();

  constructor(
    private readonly now: Clock,
    private readonly appId: string,
    private readonly baseUrl: () => string,
  ) {}

  /** Returns a new `ws://` address below this server's own. */
  issue(): string {
    const ticket = randomBytes(18).toString('base64url');
    this.issued.set(ticket, this.now() + LINK_LIFE_MS);
    return `${this.baseUrl().replace(/^http/, 'ws')}/link/?ticket=${ticket}&app_id=${this.appId}`;
  }

  /** True once for each ticket, within its life. */
  redeem(ticket: string): boolean {
    const until = this.issued.get(ticket);
    this.issued.delete(ticket);
    return until !== undefined && this.now() <= until;
  }
}
