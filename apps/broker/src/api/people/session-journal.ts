import { Injectable } from '@nestjs/common';
import { Store } from '#escalations/ports.js';
import { SYSTEM } from '#escalations/rows/history.js';
import type { OpenIdSubject } from '#identity/people/open-id-sign-in.js';
import type { SignedInBy } from '#identity/ports.js';
import { JsonLog } from '#platform/observe/log.js';
import { MinuteLine } from '#platform/observe/minute-line.js';

/** What the audit log keeps of sessions: who opened one and how, who ended whose, and who was turned away. */
@Injectable()
export class SessionJournal {
  private readonly failures: MinuteLine;

  constructor(
    private readonly store: Store,
    log: JsonLog,
  ) {
    this.failures = new MinuteLine((line) => log.line('warn', 'a sign-in failed', line));
  }

  /** Somebody came with a login code that opens nothing: a line a minute, since anybody can do that without end. */
  failed(): void {
    this.failures.tell('unknown_login_code');
  }

  /** @param fresh an OpenID provider asked anew */
  async opened(person: string, by: SignedInBy, fresh = false): Promise<void> {
    const now = await this.store.read.now();
    const data = { signed_in_by: by, ...(fresh ? { fresh } : {}) };
    await this.store.run((tx) =>
      tx.journal.record([{ type: 'session.opened', actor: { kind: 'person', id: person }, data }], now),
    );
  }

  /** Somebody whom the provider vouches for and whom nobody here is bound to. */
  async refused({ issuer, subject }: OpenIdSubject): Promise<void> {
    const now = await this.store.read.now();
    const data = { signed_in_by: 'oidc', issuer, subject };
    await this.store.run((tx) => tx.journal.record([{ type: 'session.refused', actor: SYSTEM, data }], now));
  }

  /** @param person whose session it was */
  async closed(by: string, person: string): Promise<void> {
    const now = await this.store.read.now();
    await this.store.run((tx) =>
      tx.journal.record([{ type: 'session.closed', actor: { kind: 'person', id: by }, data: { person } }], now),
    );
  }
}
