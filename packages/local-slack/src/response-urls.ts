import { randomBytes } from 'node:crypto';
import type { Clock, Message } from './workspace.js';

/** How often and how long one response URL can be used. */
export const RESPONSE_URL_USES = 5;
export const RESPONSE_URL_LIFE_MS = 30 * 60_000;

/** Where a response URL speaks: the conversation, and the message that was clicked (none: a command was typed). */
export interface Spot {
  readonly channel: string;
  readonly message?: Message;
}

/** What one response URL speaks for, and for whom. */
export interface ResponseUrl extends Spot {
  readonly path: string;
  readonly user: string;
  readonly expiresAt: number;
  uses: number;
}

/** The addresses that are given with each click; the path itself is the secret. */
export class ResponseUrls {
  private readonly issued = new Map<string, ResponseUrl>();

  constructor(
    private readonly now: Clock,
    private readonly teamId: string,
  ) {}

  /** Takes the person and where they acted; returns a new path below the server's own address. */
  issue(user: string, { channel, message }: Spot, kind: 'actions' | 'commands' = 'actions'): string {
    const path = `/${kind}/${this.teamId}/${this.now()}/${randomBytes(18).toString('base64url')}`;
    this.issued.set(path, { path, user, channel, message, expiresAt: this.now() + RESPONSE_URL_LIFE_MS, uses: 0 });
    return path;
  }

  /** Takes a path and counts one use. Refuses an unknown or expired one, and the sixth use, with Slack's code. */
  use(path: string): ResponseUrl | { error: string } {
    const found = this.issued.get(path);
    if (!found) return { error: 'invalid_url' };
    if (this.now() > found.expiresAt) return { error: 'expired_url' };
    if (found.uses >= RESPONSE_URL_USES) return { error: 'used_url' };
    found.uses += 1;
    return found;
  }
}
