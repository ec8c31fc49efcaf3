import { isPublished, keyState } from '#escalations/keys/signing-keys.js';
import { deriveKey, type RandomBytes } from './master-key.js';
import type { PublicJwk, SigningAlg, SigningKeyRow, SigningKeyStore } from './ports.js';
import {
  generateSigningKey,
  openSigningKey,
  type OpenedKey,
  type SigningKey,
  type VerificationKey,
} from './signing-key.js';

/** A flood of invented kids costs the store so many reads in this time. */
const UNKNOWN_KID_WINDOW_MS = 5_000;
const UNKNOWN_KID_READS_MAX = 5;
const THUMBPRINT = /^[A-Za-z0-9_-]{43}$/;

/** A published key: the public members and what verifiers need to choose it (RFC 7517 section 4). */
export type PublishedJwk = PublicJwk & { readonly kid: string; readonly alg: SigningAlg; readonly use: 'sig' };

/** Keys are stored, and none opens with this master key. */
export class MasterKeyDiffers extends Error {
  override readonly name = 'MasterKeyDiffers';
}

/** The signing keys of this process, opened once and cached. The store stays the authority: `refresh` reads it anew. */
export class KeyRing {
  private keys: ReadonlyMap<string, OpenedKey> = new Map();
  private unreadable: readonly string[] = [];
  private refreshing: Promise<void> | null = null;
  /** How far the store's clock is ahead of this process's. */
  private clockLeadMs = 0;
  private readonly unknownKidReads: number[] = [];

  private constructor(
    private readonly store: SigningKeyStore,
    private readonly wrapKey: Uint8Array,
    private readonly random: RandomBytes,
    private readonly now: () => Date,
  ) {}

  /**
   * Opens the ring, making the first ES256 key when there is none.
   * @param masterKey the 32 bytes of WRIT_MASTER_KEY
   * @throws MasterKeyDiffers when keys are stored and this master key opens none of the active ones
   */
  static async open(
    store: SigningKeyStore,
    masterKey: Uint8Array,
    random: RandomBytes,
    now: () => Date,
  ): Promise<KeyRing> {
    const ring = new KeyRing(store, deriveKey(masterKey, 'wrap'), random, now);
    await ring.refresh();
    await ring.ensure('ES256');
    return ring;
  }

  /**
   * Makes sure that tokens of `alg` can be signed; several processes doing so together end with one key. A row that does
   * not open keeps none from being made, unless none at all opens: then it is the master key that is another.
   * @throws MasterKeyDiffers when an active key is stored that this master key does not open
   */
  async ensure(alg: SigningAlg): Promise<void> {
    if (this.current(alg) !== null) return;
    const first = await generateSigningKey(alg, this.wrapKey, this.random, new Date(this.storeNowMs()));
    await this.store.insertFirst(first, this.keys.size > 0 ? this.unreadable : []);
    await this.refresh();
    this.signingKey(alg);
  }

  /**
   * The key that signs now: of the active ones the latest. Minting asks the database, not this cache.
   * @throws Error when there is none, so that nothing is minted
   */
  signingKey(alg: SigningAlg): SigningKey {
    const key = this.current(alg);
    if (key !== null) return key;
    const none = `no signing key for ${alg}`;
    if (this.unreadable.length > 0)
      throw new MasterKeyDiffers(`${none}: WRIT_MASTER_KEY does not open ${this.unreadable.join(', ')}`);
    throw new Error(none);
  }

  /** A key that this process has opened, by the kid that the database named; `null` when it must be learnt first. */
  knownSigningKey(kid: string): SigningKey | null {
    const key = this.keys.get(kid);
    return key === undefined || key.row.compromisedAt !== null ? null : key;
  }

  /** Words for the log about a kid that `knownSigningKey` does not know. */
  whyNotOpened(kid: string): string {
    return this.unreadable.includes(kid)
      ? `WRIT_MASTER_KEY does not open the signing key ${kid}`
      : `the signing key ${kid} was not met yet`;
  }

  /**
   * A key by its kid, to sign again what it has signed; retired is good enough, compromised is not.
   * @returns `null` when it may not sign
   */
  async signingKeyByKid(kid: string): Promise<SigningKey | null> {
    return this.uncompromised(kid);
  }

  /**
   * The key that a token names, read from the store (at most five times in five seconds) when this process has not met it.
   * @returns `null` for an unknown or compromised key, or a kid that cannot be one of ours
   */
  async verifyKeyByKid(kid: unknown): Promise<VerificationKey | null> {
    return typeof kid === 'string' && THUMBPRINT.test(kid) ? this.uncompromised(kid) : null;
  }

  /** The keys to publish, oldest first: coming, active, and retired ones while their tokens can live. */
  publicJwks(): PublishedJwk[] {
    const nowMs = this.storeNowMs();
    return [...this.keys.values()]
      .filter(({ row }) => isPublished(instantsOf(row), nowMs))
      .map(({ publicJwk, kid, alg }) => ({ ...publicJwk, kid, alg, use: 'sig' }));
  }

  /** Kids of stored rows that this master key does not open; an operator should hear of them. */
  unreadableKids(): readonly string[] {
    return this.unreadable;
  }

  /** Reads the store anew; calls that overlap share one read. */
  async refresh(): Promise<void> {
    this.refreshing ??= this.read().finally(() => {
      this.refreshing = null;
    });
    await this.refreshing;
  }

  /** Like `refresh`, but never content with a read that began before this call. */
  async refreshAnew(): Promise<void> {
    if (this.refreshing !== null) await this.refreshing;
    await this.refresh();
  }

  private async uncompromised(kid: string): Promise<OpenedKey | null> {
    if (!this.keys.has(kid) && this.refreshing !== null) await this.refresh();
    if (!this.keys.has(kid)) await this.readForUnknownKid();
    const key = this.keys.get(kid);
    return key === undefined || key.row.compromisedAt !== null ? null : key;
  }

  private async readForUnknownKid(): Promise<void> {
    if (this.refreshing !== null) return this.refresh();
    const nowMs = this.now().getTime();
    while (nowMs - (this.unknownKidReads[0] ?? nowMs) >= UNKNOWN_KID_WINDOW_MS) this.unknownKidReads.shift();
    if (this.unknownKidReads.length >= UNKNOWN_KID_READS_MAX) return;
    this.unknownKidReads.push(nowMs);
    await this.refresh();
  }

  private async read(): Promise<void> {
    const { rows: stored, now } = await this.store.list();
    this.clockLeadMs = now.getTime() - this.now().getTime();
    const rows = [...stored].sort(
      (a, b) => a.activeFrom.getTime() - b.activeFrom.getTime() || (a.kid < b.kid ? -1 : 1),
    );
    const keys = new Map<string, OpenedKey>();
    for (const row of rows) {
      const known = this.keys.get(row.kid);
      const key =
        known === undefined ? openSigningKey(row, this.wrapKey) : { ...known, row: onlyWorse(known.row, row) };
      if (key !== null) keys.set(row.kid, key);
    }
    this.keys = keys;
    this.unreadable = rows.filter((row) => !keys.has(row.kid) && row.compromisedAt === null).map((row) => row.kid);
  }

  private storeNowMs(): number {
    return this.now().getTime() + this.clockLeadMs;
  }

  private current(alg: SigningAlg): OpenedKey | null {
    const nowMs = this.storeNowMs();
    const ours = [...this.keys.values()].filter((key) => key.alg === alg);
    return ours.filter((key) => keyState(instantsOf(key.row), nowMs) === 'signing').at(-1) ?? null;
  }
}

/** The instants of a row in epoch milliseconds. */
function instantsOf(row: SigningKeyRow) {
  return {
    activeFrom: row.activeFrom.getTime(),
    retiredAt: row.retiredAt?.getTime() ?? null,
    compromisedAt: row.compromisedAt?.getTime() ?? null,
    lastTokenEnd: row.lastTokenEnd?.getTime() ?? null,
  };
}

/** Compromised once is compromised: a row that says otherwise later was tampered with. */
function onlyWorse(before: SigningKeyRow, row: SigningKeyRow): SigningKeyRow {
  return before.compromisedAt === null ? row : { ...row, compromisedAt: before.compromisedAt };
}
