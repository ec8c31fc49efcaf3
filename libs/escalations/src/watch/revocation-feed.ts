import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { refuse, type Refusal } from '#domain/refusal.js';
import { ChangeSignal, RegistrySource } from '../ports.js';

export type RevocationKind = 'grant' | 'agent' | 'task' | 'approver' | 'key' | 'restore';

/** Something that counts no more. Times are epoch milliseconds. */
export interface Revocation {
  /** Decimal digits; rows of one cause share it. Not for ordering: see `FeedPosition`. */
  readonly seq: string;
  readonly kind: RevocationKind;
  /** The one token concerned; absent where `subject` is. */
  readonly jti?: string;
  /** `agent:<id>` (the claim `sub`) or a kid: every token of it up to `notBefore`. */
  readonly subject?: string;
  readonly notBefore: number;
  readonly at: number;
}

/**
 * How far a reader has come: the database snapshot that was read, not a number. A transaction that takes an early
 * sequence number may commit late; whatever a snapshot did not hold is told by the next one, once, and nothing waits for
 * transactions that have nothing to do with it.
 */
export interface FeedPosition {
  /** `pg_snapshot` of the last whole read; `null` in the middle of the first one. */
  readonly since: string | null;
  /** Set in the middle of a read that filled more than a page: what it reads up to, and its last row. */
  readonly within?: { readonly upTo: string; readonly txid: string; readonly seq: string };
}

export interface FeedPage {
  readonly items: readonly Revocation[];
  readonly position: FeedPosition;
  /** False when more is there already. */
  readonly caughtUp: boolean;
  readonly now: number;
}

/** The feed's rows, read in one snapshot each. */
export abstract class RevocationLog {
  /**
   * What was not told up to `from`, or for `null` everything that still matters. A position from the future (the
   * database was restored from a backup) reads as `null`.
   * @param audiences resources that the reader verifies for
   */
  abstract read(audiences: readonly string[], from: FeedPosition | null, rowsMax: number): Promise<FeedPage>;
}

/** What triggers announce at a commit that revoked something, among the ids of changed escalations. */
export const REVOCATIONS = 'revocations';

const PAGE_ROWS = 500;
/** A missed announcement costs so much at most. */
const BACKSTOP_MS = 1_000;
/** Ends come in bursts, mostly of other audiences: so long they are gathered. */
const BREATH_MS = 20;

/** Tells a verifier what ended for its audiences, and waits for more. */
@Injectable()
export class FollowRevocations implements BeforeApplicationShutdown {
  private stopping = false;

  constructor(
    private readonly log: RevocationLog,
    private readonly signal: ChangeSignal,
    private readonly registry: RegistrySource,
  ) {}

  beforeApplicationShutdown(): void {
    this.stopping = true;
  }

  /** Resources that this client verifies for, sorted; refuses who is no verifier. */
  async audiences(clientId: string): Promise<readonly string[] | Refusal> {
    const { catalog } = await this.registry.current();
    const client = catalog.clients.find((candidate) => candidate.id === clientId);
    if (client === undefined || !client.roles.includes('verifier'))
      return refuse('forbidden', 'Only verifiers follow revocations.');
    return catalog.resources
      .filter((resource) => resource.verifiers.includes(clientId))
      .map((resource) => resource.id)
      .sort();
  }

  /** The next page; with `waitMs` not an empty one before that has passed, `gone` is aborted or this process stops. */
  async next(
    audiences: readonly string[],
    from: FeedPosition | null,
    waitMs: number,
    gone: AbortSignal,
  ): Promise<FeedPage> {
    const until = performance.now() + waitMs;
    for (;;) {
      const left = Math.max(0, until - performance.now());
      // Asked before the read: what commits during it is heard.
      const heard = this.signal.wait(REVOCATIONS, Math.min(BACKSTOP_MS, left));
      const page = await this.log.read(audiences, from, PAGE_ROWS);
      if (page.items.length > 0 || !page.caughtUp || left === 0 || gone.aborted || this.stopping) return page;
      from = page.position;
      await heard;
      await new Promise((resolve) => setTimeout(resolve, BREATH_MS));
    }
  }
}
