import { randomBytes } from 'node:crypto';
import type { Clock } from './workspace.js';

/** Slack gives an app this long to open a modal for a click. */
export const TRIGGER_LIFE_MS = 3_000;

interface Trigger {
  readonly user: string;
  readonly expiresAt: number;
  used: boolean;
}

/** The short-lived, single-use handles that let an app open a modal for the person who just acted. */
export class Triggers {
  private readonly issued = new Map<string, Trigger>();

  constructor(private readonly now: Clock) {}

  /** Takes the person who acted; returns a new trigger id. */
  issue(user: string): string {
    const id = `${this.now()}.${randomBytes(4).readUInt32BE()}.${randomBytes(16).toString('hex')}`;
    this.issued.set(id, { user, expiresAt: this.now() + TRIGGER_LIFE_MS, used: false });
    return id;
  }

  /** Takes a trigger id; returns its person. Refuses an unknown, an expired or a used one with Slack's code. */
  check(id: string): { user: string } | { error: string } {
    const trigger = this.issued.get(id);
    if (!trigger) return { error: 'invalid_trigger_id' };
    if (trigger.used) return { error: 'exchanged_trigger_id' };
    if (this.now() > trigger.expiresAt) return { error: 'expired_trigger_id' };
    return { user: trigger.user };
  }

  /** Uses the trigger up: a modal was opened with it. */
  exchange(id: string): void {
    const trigger = this.issued.get(id);
    if (trigger) trigger.used = true;
  }
}
