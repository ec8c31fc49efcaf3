import { LIMITS } from '#domain/limits.js';
import { deriveKey, type RandomBytes } from './master-key.js';
import type { PublicJwk, SigningAlg, SigningKeyStore } from './ports.js';
import {
  generateSigningKey,
  openSigningKey,
  type OpenedKey,
  type SigningKey,
  type VerificationKey,
} from './signing-key.js';

/** A flood of invented kids costs the store one read in this time. */
const UNKNOWN_KID_REFRESH_MS = 5_000;
/** A retired key stays published as long as its last token can live. */
const RETIRED_PUBLISHED_MS = (LIMITS.requestedTtlSecondsMax + LIMITS.clockSkewSeconds) * 1_000;
const THUMBPRINT = /^[A-Za-z0-9_-]{43}$/;

/** A published key: the public members and what verifiers need to choose it (RFC 7517 section 4). */
export type PublishedJwk = PublicJwk & { readonly kid: string; readonly alg: SigningAlg; readonly use: 'sig' };

/** The signing keys of this process, opened once and cached. The store stays the authority: `refresh` reads it anew. */
export class KeyRing {
  private keys: ReadonlyMap<string, OpenedKey> = new Map();
  private unreadable: readonly string[] = [];
  private refreshing: Promise<void> | null = null;
  private refreshedAtMs = Number.NEGATIVE_INFINITY;

  private constructor(
    private readonly store: SigningKeyStore,
    private readonly wrapKey: Uint8Array,
    private readonly random: RandomBytes,
    private readonly now: () => Date,
  ) {}

  /**
   * Opens the ring, making the first ES256 key when there is none.
   * @param masterKey the 32 bytes of WRIT_MASTER_KEY
   * @throws Error when keys are stored and this master key opens none of the active ones
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
   * Makes sure that tokens of `alg` can be signed; several processes doing so together end with one key.
   * @throws Error when an active key is stored that this master key does not open
   */
  async ensure(alg: SigningAlg): Promise<void> {
    if (this.current(alg) !== null) return;
    await this.store.insertFirst(await generateSigningKey(alg, this.wrapKey, this.random, this.now()));
    await this.refresh();
    this.signingKey(alg);
  }

  /**
   * The key that signs now: of the active ones the latest.
   * @throws Error when there is none, so that nothing is minted
   */
  signingKey(alg: SigningAlg): SigningKey {
    const key = this.current(alg);
    if (key !== null) return key;
    const hint = this.unreadable.length > 0 ? `: WRIT_MASTER_KEY does not open ${this.unreadable.join(', ')}` : '';
    throw new Error(`no signing key for ${alg}${hint}`);
  }

  /**
   * A key by its kid, to sign again what it has signed; retired is good enough, compromised is not.
   * @returns `null` when it may not sign
   */
  async signingKeyByKid(kid: string): Promise<SigningKey | null> {
    return this.uncompromised(kid);
  }

  /**
   * The key that a token names, read from the store (at most once in five seconds) when this process has not met it.
   * @returns `null` for an unknown or compromised key, or a kid that cannot be one of ours
   */
  async verifyKeyByKid(kid: unknown): Promise<VerificationKey | null> {
    return typeof kid === 'string' && THUMBPRINT.test(kid) ? this.uncompromised(kid) : null;
  }

  /** The keys to publish, oldest first: coming, active, and retired ones while their tokens can live. */
  publicJwks(): PublishedJwk[] {
    const nowMs = this.now().getTime();
    return [...this.keys.values()]
      .filter(({ row }) => row.compromisedAt === null)
      .filter(({ row }) => row.retiredAt === null || nowMs < row.retiredAt.getTime() + RETIRED_PUBLISHED_MS)
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

  private async uncompromised(kid: string): Promise<OpenedKey | null> {
    if (!this.keys.has(kid)) await this.refreshForUnknownKid();
    const key = this.keys.get(kid);
    return key === undefined || key.row.compromisedAt !== null ? null : key;
  }

  private async refreshForUnknownKid(): Promise<void> {
    const due = this.now().getTime() - this.refreshedAtMs >= UNKNOWN_KID_REFRESH_MS;
    if (due || this.refreshing !== null) await this.refresh();
  }

  private async read(): Promise<void> {
    this.refreshedAtMs = this.now().getTime();
    const rows = [...(await this.store.list())].sort(
      (a, b) => a.activeFrom.getTime() - b.activeFrom.getTime() || (a.kid < b.kid ? -1 : 1),
    );
    const keys = new Map<string, OpenedKey>();
    for (const row of rows) {
      const known = this.keys.get(row.kid);
      const key = known === undefined ? openSigningKey(row, this.wrapKey) : { ...known, row };
      if (key !== null) keys.set(row.kid, key);
    }
    this.keys = keys;
    this.unreadable = rows.filter((row) => !keys.has(row.kid)).map((row) => row.kid);
  }

  private current(alg: SigningAlg): OpenedKey | null {
    const nowMs = this.now().getTime();
    const usable = [...this.keys.values()].filter(
      (key) => key.alg === alg && key.row.retiredAt === null && key.row.compromisedAt === null,
    );
    const started = usable.filter((key) => key.row.activeFrom.getTime() <= nowMs);
    // A key made by a process whose clock runs ahead is better than none.
    return started.at(-1) ?? usable.at(0) ?? null;
  }
}
