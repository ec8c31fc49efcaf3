import { createHmac, randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { FairQueue } from './fair-queue.js';
import { networkOf } from './network-of.js';
import type { SecretMarks } from '../ports.js';

export type SecretVerdict = 'verified' | 'wrong' | 'busy';

const COST = { N: 16_384, r: 8, p: 1 };
const SALT_BYTES = 16;
const HASH_BYTES = 32;
const FORM = /^scrypt\$16384\$8\$1\$([A-Za-z0-9_-]{11,86})\$([A-Za-z0-9_-]{43})$/;

/** libuv has four threads, shared with DNS, files and WebCrypto; secrets never hold more than two. */
const RUNNING_MAX = 2;
/** About three seconds of work: who must wait longer is told to come again. */
const WAITING_MAX = 128;
/** For how long, and of how many places, wrong secrets are held against whoever sent them. */
const GUILT_MS = 600_000;
const GUILTY_MAX = 4_096;
/** What another process has verified is looked for so often. */
const RECALL_MS = 5_000;
const REMEMBERED_MAX = 1_024;

interface Claim {
  readonly hash: string;
  readonly secret: string;
  readonly mark: Buffer;
  readonly network: string;
}

const derive = promisify<string, Uint8Array, number, typeof COST, Buffer>(scrypt);

/**
 * Hashes a client secret for `secret_hash` of the configuration.
 * @param salt 16 random bytes
 * @returns `scrypt$16384$8$1$` + salt + `$` + 32-byte hash, both base64url
 */
export async function hashSecret(secret: string, salt: Uint8Array = randomBytes(SALT_BYTES)): Promise<string> {
  const hash = await derive(secret, salt, HASH_BYTES, COST);
  return `scrypt$16384$8$1$${Buffer.from(salt).toString('base64url')}$${hash.toString('base64url')}`;
}

/** True when `text` has the one form of hash that this broker accepts. */
export function isSecretHash(text: string): boolean {
  return FORM.test(text);
}

/** Checks a secret against its hash: about 50 ms on one thread. False for a hash of another form. */
async function secretMatches(hash: string, secret: string): Promise<boolean> {
  const [, salt, expected] = FORM.exec(hash) ?? [];
  if (salt === undefined || expected === undefined) return false;
  const derived = await derive(secret, Buffer.from(salt, 'base64url'), HASH_BYTES, COST);
  return timingSafeEqual(derived, Buffer.from(expected, 'base64url'));
}

/** Where marks of verified secrets outlive the process, and the key they are made with. */
export interface SecretMemory {
  readonly key: Buffer;
  readonly marks: SecretMarks;
}

/** Forgets with the process. */
function shortMemory(): SecretMemory {
  return { key: randomBytes(32), marks: { read: async () => null, keep: async () => undefined } };
}

/**
 * Verifies client secrets, running scrypt once for each secret that is right. What is remembered is an HMAC under a key
 * of the broker's, here and in the store, so neither holds a secret nor anything to guess one by. A client has one
 * remembered secret; it counts only with the hash it was verified against, so a changed hash drops it.
 *
 * Secrets that are not remembered wait for scrypt in turns by client and by network: whoever guesses, however many they
 * are, keeps nobody's right secret from being checked.
 */
export class SecretVerifier {
  private readonly remembered = new Map<string, Buffer>();
  private readonly underway = new Map<string, Promise<SecretVerdict>>();
  private readonly recalls = new Map<string, { readonly at: number; readonly mark: Promise<Buffer | null> }>();
  private readonly guilty = new Map<string, number>();
  private guiltySince = 0;
  private readonly queue = new FairQueue(RUNNING_MAX, WAITING_MAX, (client, network) => this.guiltOf(client, network));

  /** @param matches how a secret is held against a hash; an argument so that tests can count and hold it */
  constructor(
    private readonly matches: (hash: string, secret: string) => Promise<boolean> = secretMatches,
    private readonly memory: SecretMemory = shortMemory(),
    private readonly nowMs: () => number = Date.now,
  ) {}

  /**
   * Checks `secret` of `clientId` against `hash`.
   * @param peer the address that sent it
   * @returns `busy` when too many unknown secrets wait already: nothing was checked then
   */
  async verify(clientId: string, hash: string, secret: string, peer = ''): Promise<SecretVerdict> {
    const mark = this.markOf(clientId, hash, secret);
    if (this.isRemembered(clientId, mark)) return 'verified';
    const name = mark.toString('base64url');
    const same = this.underway.get(name);
    if (same !== undefined) return same;
    const claim = { hash, secret, mark, network: networkOf(peer) };
    const verdict = this.check(clientId, claim).finally(() => this.underway.delete(name));
    this.underway.set(name, verdict);
    return verdict;
  }

  /** True when this secret was verified here against this hash: no other is then asked about. */
  remembers(clientId: string, hash: string, secret: string): boolean {
    return this.isRemembered(clientId, this.markOf(clientId, hash, secret));
  }

  private async check(clientId: string, { hash, secret, mark, network }: Claim): Promise<SecretVerdict> {
    const kept = await this.recall(clientId);
    if (kept !== null && isEqual(kept, mark)) {
      this.remember(clientId, mark);
      return 'verified';
    }
    const matched = await this.queue.run(clientId, network, () => this.matches(hash, secret));
    if (matched === null) return 'busy';
    if (!matched) {
      this.blame(clientId, network);
      return 'wrong';
    }
    this.remember(clientId, mark);
    this.guilty.delete(JSON.stringify([clientId, network]));
    // What cannot be kept costs the next process one scrypt.
    await this.memory.marks.keep(clientId, mark).catch(() => undefined);
    return 'verified';
  }

  /** The stored mark; those who ask at about the same time share a look. */
  private recall(clientId: string): Promise<Buffer | null> {
    const last = this.recalls.get(clientId);
    if (last !== undefined && this.nowMs() - last.at < RECALL_MS) return last.mark;
    const mark = this.memory.marks.read(clientId);
    this.recalls.set(clientId, { at: this.nowMs(), mark });
    mark.catch(() => this.recalls.delete(clientId));
    return mark;
  }

  private guiltOf(clientId: string, network: string): number {
    return this.guilty.get(JSON.stringify([clientId, network])) ?? 0;
  }

  private blame(clientId: string, network: string): void {
    const now = this.nowMs();
    if (now - this.guiltySince > GUILT_MS) {
      this.guilty.clear();
      this.guiltySince = now;
    }
    const place = JSON.stringify([clientId, network]);
    const before = this.guilty.get(place) ?? 0;
    this.guilty.delete(place);
    this.guilty.set(place, before + 1);
    const [oldest] = this.guilty.keys();
    if (this.guilty.size > GUILTY_MAX && oldest !== undefined) this.guilty.delete(oldest);
  }

  private markOf(clientId: string, hash: string, secret: string): Buffer {
    return createHmac('sha256', this.memory.key)
      .update(JSON.stringify([clientId, hash, secret]))
      .digest();
  }

  private isRemembered(clientId: string, mark: Buffer): boolean {
    const known = this.remembered.get(clientId);
    if (known === undefined || !isEqual(known, mark)) return false;
    this.remember(clientId, known);
    return true;
  }

  /** Maps keep insertion order: the first entry is the one unused for longest. */
  private remember(clientId: string, mark: Buffer): void {
    this.remembered.delete(clientId);
    this.remembered.set(clientId, mark);
    const [oldest] = this.remembered.keys();
    if (this.remembered.size > REMEMBERED_MAX && oldest !== undefined) this.remembered.delete(oldest);
  }
}

function isEqual(kept: Buffer, mark: Buffer): boolean {
  return kept.length === mark.length && timingSafeEqual(kept, mark);
}
