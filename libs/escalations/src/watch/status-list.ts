import { Injectable } from '@nestjs/common';
import type { TokenRow } from '../rows/token.js';
import { isTokenUsable, type GrantInUse } from '../state-now.js';

/** Where a token's bit stands: the claim `status.status_list` of the Token Status List draft. */
export interface StatusPlace {
  /** The list's number, which its URI ends in. */
  readonly list: number;
  readonly idx: number;
}

/** Draws places inside a transaction. */
export interface StatusPlaces {
  /** A place that no other token has, drawn at random. @param until epoch ms after which nobody asks for it */
  take(jti: string, until: number): Promise<StatusPlace>;
}

/** A token's place, and what decides its bit; a list may have forty thousand of them. */
export interface StatusEntry {
  readonly idx: number;
  readonly token: Pick<TokenRow, 'endedAt' | 'expiresAt'>;
  readonly grant: GrantInUse;
}

/** One list as the database knows it: its size in bits, and the tokens on it that a verifier may still accept. */
export interface StatusListRows {
  readonly size: number;
  readonly tokens: readonly StatusEntry[];
  /** It was begun before a restore of the database: tokens may stand on it that the database has lost. */
  readonly restored: boolean;
  /** Epoch milliseconds of the database clock. */
  readonly now: number;
}

export abstract class StatusListSource {
  /** `null` for a list that was never begun. */
  abstract list(n: number): Promise<StatusListRows | null>;
  /** Numbers of the lists on which living tokens stand, or soon will. */
  abstract numbers(): Promise<number[]>;
}

export interface StatusBits {
  /** One bit a token, the first in the lowest bit of the first byte; 1 = not to be accepted. */
  readonly bits: Buffer;
  readonly now: number;
}

const FRESH_MS = 1_000;
const KEPT_MAX = 64;

/**
 * Status lists, made from the rows when somebody asks and kept for a second, one making at a time. A bit is set where
 * introspection would answer inactive. A grant that a tightened policy ends (`live`) sets its bit when that end is
 * written, soon after the apply. A bit stays until no verifier's clock lets the token pass any more:
 * `LIMITS.verifierLeewaySeconds` after its `exp`. On a list from before a restore every place without a living token is
 * set: a token that was minted in the lost time has a good signature, a place and no row. Later tokens are on a new list.
 */
@Injectable()
export class ReadStatusList {
  private readonly making = new Map<number, Promise<StatusBits | null>>();
  private readonly kept = new Map<number, { readonly madeAt: number; readonly made: StatusBits }>();

  constructor(private readonly source: StatusListSource) {}

  /** @param clock monotonic milliseconds, for the age of what is kept */
  async execute(n: number, clock: () => number): Promise<StatusBits | null> {
    const known = this.kept.get(n);
    if (known !== undefined && clock() - known.madeAt < FRESH_MS) return known.made;
    const underway = this.making.get(n);
    if (underway !== undefined) return underway;
    const making = this.make(n)
      .then((made) => {
        if (made !== null) this.keep(n, made, clock());
        return made;
      })
      .finally(() => this.making.delete(n));
    this.making.set(n, making);
    return making;
  }

  /** Numbers of the lists worth fetching. */
  numbers(): Promise<number[]> {
    return this.source.numbers();
  }

  private keep(n: number, made: StatusBits, madeAt: number): void {
    this.kept.delete(n);
    this.kept.set(n, { madeAt, made });
    const oldest = this.kept.keys().next().value;
    if (this.kept.size > KEPT_MAX && oldest !== undefined) this.kept.delete(oldest);
  }

  private async make(n: number): Promise<StatusBits | null> {
    const rows = await this.source.list(n);
    if (rows === null) return null;
    const bits = Buffer.alloc(rows.size / 8, rows.restored ? 0xff : 0);
    for (const { idx, token, grant } of rows.tokens) {
      const [byte, bit] = [bits[idx >> 3] ?? 0, 1 << (idx & 7)];
      bits[idx >> 3] = isTokenUsable(token, grant, rows.now) ? byte & ~bit : byte | bit;
    }
    return { bits, now: rows.now };
  }
}
