import { randomBytes } from 'node:crypto';
import type { HistoryEntry } from '#escalations/rows/history.js';
import { newsOf } from '#escalations/tell/events-of-cards.js';
import { CardStore, CardTurns, type LeasedCard, type Shown, type StoredCard, type TurnEnd } from '../ports.js';

const TURN_MS = 12_000;
const TURN_LEASE_SECONDS = 20;
const PACE_SECONDS = 1.1;

interface Lease {
  readonly name: string;
  readonly until: number;
}

/** What a test may know of the requests behind its cards; a request nobody tells of moves never on. */
export interface RequestsOfCards {
  /** Versions of the escalation and its grant, added, as they are now. */
  versionOf?(escalationId: string): number;
  readonly agent?: string;
  /** Is told what a card went through, once for each swap. */
  tell?(entry: HistoryEntry): Promise<void>;
}

/** The message records as the contract says, with a clock that only the test moves; what a test looks at is public. */
export class CardsInMemory extends CardStore {
  /** By card id, oldest first. */
  readonly rows = new Map<string, StoredCard>();
  private readonly leases = new Map<string, Lease>();
  nowMs = 0;

  constructor(private readonly requests: RequestsOfCards = {}) {
    super();
  }

  pass(seconds: number): void {
    this.nowMs += seconds * 1_000;
  }
  isLeased(cardId: string): boolean {
    return (this.leases.get(cardId)?.until ?? -Infinity) >= this.nowMs;
  }
  /** Leases the card under this name. */
  lease(cardId: string, name: string, seconds: number): LeasedCard | null {
    const card = this.rows.get(cardId);
    if (card === undefined || this.isLeased(cardId)) return null;
    this.leases.set(cardId, { name, until: this.nowMs + seconds * 1_000 });
    return { ...card, lease: name };
  }

  override async cardFor(asked: { escalationId: string; digest: string; channel: string }): Promise<StoredCard> {
    const { escalationId, digest, channel } = asked;
    const kept = [...this.rows.values()].find((card) => card.escalationId === escalationId && card.channel === channel);
    if (kept !== undefined) return kept;
    const cardId = randomBytes(18).toString('base64url');
    const card = { cardId, escalationId, digest, channel, ts: null, version: 0, minor: 0 };
    this.rows.set(cardId, card);
    return card;
  }
  override async byId(cardId: string): Promise<StoredCard | null> {
    return this.rows.get(cardId) ?? null;
  }
  override async listByEscalation(escalationId: string): Promise<readonly StoredCard[]> {
    return [...this.rows.values()].filter((card) => card.escalationId === escalationId);
  }
  override async isOnRecord(channel: string, ts: string): Promise<boolean> {
    return this.at({ channel, ts }).length > 0;
  }
  override async claim(cardId: string, leaseSeconds: number): Promise<LeasedCard | null> {
    return this.lease(cardId, randomBytes(12).toString('base64url'), leaseSeconds);
  }
  override async release(cardId: string, lease: string): Promise<void> {
    if (this.leases.get(cardId)?.name === lease) this.leases.delete(cardId);
  }
  override async swapShown(held: StoredCard, shown: Shown & { readonly ts: string }): Promise<boolean> {
    const card = this.rows.get(held.cardId);
    if (card === undefined || card.version !== held.version || card.minor !== held.minor) return false;
    if (card.ts !== null && card.ts !== shown.ts) return false;
    const { ts, version, minor } = shown;
    const lease = this.leases.get(card.cardId);
    this.rows.set(card.cardId, { ...card, ts, version, minor });
    this.leases.delete(card.cardId);
    try {
      await this.requests.tell?.(newsOf(held, shown, this.requests.agent ?? 'support-bot'));
    } catch (error) {
      // One transaction: nothing is shown whose news could not be written.
      this.rows.set(card.cardId, card);
      if (lease !== undefined) this.leases.set(card.cardId, lease);
      throw error;
    }
    return true;
  }
  override async mistrust(message: { readonly channel: string; readonly ts: string }): Promise<void> {
    for (const card of this.at(message))
      if (card.version >= (this.requests.versionOf?.(card.escalationId) ?? 0))
        this.rows.set(card.cardId, { ...card, version: 0, minor: 0 });
  }

  private at({ channel, ts }: { readonly channel: string; readonly ts: string }): StoredCard[] {
    return [...this.rows.values()].filter((card) => card.channel === channel && card.ts === ts);
  }
}

/** The lines of the channels over such cards, the older card first: of agents, risks and deadlines it knows nothing. */
export class TurnsInMemory extends CardTurns {
  /** Every end, in order. */
  readonly ended: (TurnEnd & { readonly cardId: string })[] = [];
  private readonly turns = new Map<string, Lease>();
  private readonly rests = new Map<string, number>();
  private readonly held = new Map<string, number>();

  constructor(private readonly cards: CardsInMemory) {
    super();
  }

  override async take(channel: string): Promise<LeasedCard | null> {
    const { nowMs } = this.cards;
    if (this.restMs(channel) > 0 || this.isTaken(channel)) return null;
    const [first] = this.line(channel);
    if (first === undefined) return null;
    const name = randomBytes(12).toString('base64url');
    this.turns.set(channel, { name, until: nowMs + TURN_MS });
    return this.cards.lease(first.cardId, name, TURN_LEASE_SECONDS);
  }
  override async end(card: LeasedCard, end: TurnEnd): Promise<void> {
    const { restSeconds, holdSeconds } = end;
    this.ended.push({ cardId: card.cardId, ...end });
    if (this.turns.get(card.channel)?.name === card.lease) {
      this.turns.delete(card.channel);
      await this.rest(card.channel, restSeconds);
    }
    this.held.set(card.cardId, this.cards.nowMs + holdSeconds * 1_000);
    await this.cards.release(card.cardId, card.lease);
  }
  override async rest(channel: string, seconds: number): Promise<void> {
    const until = this.cards.nowMs + seconds * 1_000;
    this.rests.set(channel, Math.max(until, this.rests.get(channel) ?? -Infinity));
  }
  override async waitSeconds({ cardId, channel }: StoredCard): Promise<number> {
    const place = this.line(channel).findIndex((card) => card.cardId === cardId);
    const rest = this.isTaken(channel) ? PACE_SECONDS : this.restMs(channel) / 1_000;
    return Math.max(0.1, rest + Math.max(place, 0) * PACE_SECONDS, this.heldMs(cardId) / 1_000);
  }

  private line(channel: string): StoredCard[] {
    return [...this.cards.rows.values()].filter(
      (card) =>
        card.channel === channel &&
        card.ts === null &&
        !this.cards.isLeased(card.cardId) &&
        this.heldMs(card.cardId) <= 0,
    );
  }
  private isTaken(channel: string): boolean {
    return (this.turns.get(channel)?.until ?? -Infinity) >= this.cards.nowMs;
  }
  private restMs(channel: string): number {
    return Math.max(0, (this.rests.get(channel) ?? -Infinity) - this.cards.nowMs);
  }
  private heldMs(cardId: string): number {
    return (this.held.get(cardId) ?? -Infinity) - this.cards.nowMs;
  }
}
