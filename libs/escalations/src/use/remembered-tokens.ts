import { Injectable } from '@nestjs/common';
import { Glances, latestNow, type Ended } from '../glances.js';
import type { MintedToken } from '../minted-token.js';
import type { Registry } from '../ports.js';
import type { GrantRow } from '../rows/grant.js';
import type { TokenRow } from '../rows/token.js';
import { heartbeatDeadline } from '../state-now.js';

/** A row that somebody alters past the broker, without the feed hearing of it, is met with its old words for so long. */
const KEPT_MS = 2_000;
const KEPT_MAX = 8_192;
/** Of the texts of tokens; rows and claims beside them are about three times as much. */
const TEXT_MAX = 8 * 1024 * 1024;

/** Hears of a token that is answered from memory what an `Observer` hears of one that is read. */
export abstract class TokenWitness {
  abstract tokenRead(token: TokenRow, grant: GrantRow, now: number): void;
}

/** What was made of a token that was found good. */
interface Judged {
  /** The configuration by which it was judged. */
  readonly registry: Registry;
  readonly answer: Readonly<Record<string, unknown>>;
}

export interface Remembered extends Judged {
  readonly found: MintedToken;
  /** Epoch milliseconds of the database clock: when time ends it. */
  readonly endsAt: number;
  /** `performance.now()`. */
  readonly readAt: number;
}

/**
 * Tokens that were good a moment ago. One is used only with a glance that was sent after the question, so that the answer
 * is one the database could have given then. What ends a token, or changes its answer, and how that is met here:
 *
 * | what                                                           | met by                                                      |
 * | -------------------------------------------------------------- | ----------------------------------------------------------- |
 * | grant revoked, completed, expired by the sweeper, withdrawn    | its tokens end with it: row of the feed, by its grant       |
 * | token renewed or revoked                                       | it ends: row of the feed, by its grant                      |
 * | agent suspended or retired                                     | row `agent`: everything is forgotten                        |
 * | task ended, or a person whose approval it had (kill switches)  | row `task`, `approver`: everything is forgotten             |
 * | signing key declared compromised                               | row `key`: everything is forgotten                          |
 * | restore declared, and with it whatever a review decides        | row `restore`: everything is forgotten; nothing while held  |
 * | configuration applied, person or verifier taken out            | another name of the configuration in the glance             |
 * | `exp`, end of the grant, silence of an agent that must be heard | `endsAt`, by the database clock of the glance               |
 * | uses counted, or used up                                       | never remembered: grants with `max_uses`                    |
 * | a grant above ends                                             | never remembered: grants with parents                       |
 * | rows altered by SQL                                            | triggers write the feed where a token ends; else two seconds |
 * | database put back, another server, no answer, more than a thousand ends between two glances | everything is forgotten        |
 *
 * Seals are judged when the entry is made, and again two seconds later.
 */
@Injectable()
export class RememberedTokens {
  /** The one read first comes first: all are kept equally long. */
  private readonly byText = new Map<string, Remembered>();
  private readonly textsOfGrant = new Map<string, Set<string>>();
  private textKept = 0;
  /** Goes on with everything that was told to have ended. */
  private told = 0;

  constructor(
    private readonly glances: Glances,
    private readonly witness: TokenWitness,
  ) {
    glances.watch((ended) => this.forget(ended));
  }

  /** What must be the same when something is remembered that was read after this; `null`: remember nothing. */
  mark(): number | null {
    return this.glances.known(-Infinity) === null ? null : this.told;
  }

  /** Remembers a token that was found good, unless its answer may change unheard or something has ended since `mark`. */
  remember(jwt: string, found: MintedToken, judged: Judged, mark: number | null): void {
    const { grant, token } = found;
    if (mark !== this.told || grant.parents !== null || grant.maxUses !== null) return;
    const endsAt = Math.min(token.expiresAt, grant.expiresAt ?? 0, heartbeatDeadline(grant) ?? Infinity);
    this.drop(jwt);
    this.byText.set(jwt, { ...judged, found, endsAt, readAt: performance.now() });
    this.textKept += jwt.length;
    this.textsOfGrant.set(grant.id, (this.textsOfGrant.get(grant.id) ?? new Set()).add(jwt));
    this.makeRoom();
  }

  /** The token with this text, which a glance from `askedAt` or later finds good still; `null`: ask the database. */
  async find(jwt: string, askedAt: number): Promise<Remembered | null> {
    if (!this.byText.has(jwt)) return null;
    const glance = this.glances.known(askedAt) ?? (await this.glances.since(askedAt).catch(() => null));
    if (glance === null) return null;
    // It may have been forgotten on the way.
    const remembered = this.byText.get(jwt);
    if (remembered === undefined) return null;
    const { found, endsAt, readAt } = remembered;
    const fresh = performance.now() - readAt < KEPT_MS && latestNow(glance) < endsAt;
    if (!fresh || found.configuration !== glance.configuration) {
      this.drop(jwt);
      return null;
    }
    this.witness.tokenRead(found.token, found.grant, glance.now);
    return remembered;
  }

  private forget(ended: Ended): void {
    this.told += 1;
    if (ended === 'any') {
      this.byText.clear();
      this.textsOfGrant.clear();
      this.textKept = 0;
      return;
    }
    for (const grant of ended) for (const jwt of this.textsOfGrant.get(grant) ?? []) this.drop(jwt);
  }

  private makeRoom(): void {
    const old = performance.now() - KEPT_MS;
    for (const [jwt, { readAt }] of this.byText) {
      if (readAt > old && this.byText.size <= KEPT_MAX && this.textKept <= TEXT_MAX) return;
      this.drop(jwt);
    }
  }

  private drop(jwt: string): void {
    const remembered = this.byText.get(jwt);
    if (remembered === undefined) return;
    this.byText.delete(jwt);
    this.textKept -= jwt.length;
    const { id } = remembered.found.grant;
    const texts = this.textsOfGrant.get(id);
    texts?.delete(jwt);
    if (texts?.size === 0) this.textsOfGrant.delete(id);
  }
}
