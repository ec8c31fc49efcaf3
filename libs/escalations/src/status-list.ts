import { Injectable } from '@nestjs/common';
import type { GrantRow, TokenRow } from './rows.js';
import { tokenLive } from './standing.js';

/** Where a token's bit stands: the claim `status.status_list` of the Token Status List draft. */
export interface StatusPlace {
  /** The list's number, which its URI ends in. */
  readonly list: number;
  readonly idx: number;
}

/** Draws places inside a transaction. */
export abstract class StatusPlaces {
  /** A place that no other token has, drawn at random. @param until epoch ms after which nobody asks for it */
  abstract take(jti: string, until: number): Promise<StatusPlace>;
}

/** One list as the database knows it: its size in bits, and the tokens on it that have not run out. */
export interface StatusListRows {
  readonly size: number;
  readonly tokens: readonly { readonly idx: number; readonly token: TokenRow; readonly grant: GrantRow }[];
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
 * Status lists, made from the rows when somebody asks and not older than a second. A bit is set where introspection
 * would answer inactive; what a tightened policy takes away (`live`) it says once that is written, which is soon. Who has
 * run out is not asked after any more. On a list from before a restore every place is set that no living token has: one
 * that was minted in the lost time has a good signature, a place and no row. What is minted later stands on a new list.
 */
@Injectable()
export class ReadStatusList {
  private readonly kept = new Map<number, { readonly at: number; readonly made: Promise<StatusBits | null> }>();

  constructor(private readonly source: StatusListSource) {}

  /** @param nowMs monotonic milliseconds, for the age of what is kept */
  async execute(n: number, nowMs: number): Promise<StatusBits | null> {
    const known = this.kept.get(n);
    if (known !== undefined && nowMs - known.at < FRESH_MS) return known.made;
    const made = this.make(n);
    this.kept.delete(n);
    this.kept.set(n, { at: nowMs, made });
    const oldest = this.kept.keys().next().value;
    if (this.kept.size > KEPT_MAX && oldest !== undefined) this.kept.delete(oldest);
    made.catch(() => this.kept.delete(n));
    return made;
  }

  /** Numbers of the lists worth fetching. */
  numbers(): Promise<number[]> {
    return this.source.numbers();
  }

  private async make(n: number): Promise<StatusBits | null> {
    const rows = await this.source.list(n);
    if (rows === null) return null;
    const bits = Buffer.alloc(rows.size / 8, rows.restored ? 0xff : 0);
    for (const { idx, token, grant } of rows.tokens) {
      const [byte, bit] = [bits[idx >> 3] ?? 0, 1 << (idx & 7)];
      bits[idx >> 3] = tokenLive(token, grant, rows.now) ? byte & ~bit : byte | bit;
    }
    return { bits, now: rows.now };
  }
}
