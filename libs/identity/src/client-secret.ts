import { createHmac, randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

export type SecretVerdict = 'verified' | 'wrong' | 'busy';

const COST = { N: 16_384, r: 8, p: 1 };
const SALT_BYTES = 16;
const HASH_BYTES = 32;
const FORM = /^scrypt\$16384\$8\$1\$([A-Za-z0-9_-]{11,86})\$([A-Za-z0-9_-]{43})$/;

/** libuv has four threads, shared with DNS, files and WebCrypto; secrets never hold more than two. */
const RUNNING_MAX = 2;
/** Wrong secrets from one place may fill neither the queue in which others wait, nor that of the client they name. */
const WAITING_PER_PLACE_MAX = 4;
const WAITING_MAX = 64;
const REMEMBERED_MAX = 1_024;

interface Claim {
  readonly hash: string;
  readonly secret: string;
  readonly mark: Buffer;
  readonly peer: string;
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

/**
 * Verifies client secrets, running scrypt once for each secret that is right. What is remembered is an HMAC under a key
 * that dies with the process, so memory holds no secret. A client has one remembered secret; it counts only with the
 * hash it was verified against, so a changed hash drops it.
 */
export class SecretVerifier {
  private readonly processKey = randomBytes(32);
  private readonly remembered = new Map<string, Buffer>();
  private readonly underway = new Map<string, Promise<SecretVerdict>>();
  /** How many wait of one client from one place. */
  private readonly perPlace = new Map<string, number>();
  private readonly waiting: (() => void)[] = [];
  private running = 0;

  /** @param matches how a secret is held against a hash; an argument so that tests can count and hold it */
  constructor(private readonly matches: (hash: string, secret: string) => Promise<boolean> = secretMatches) {}

  /**
   * Checks `secret` of `clientId` against `hash`.
   * @param peer the address that sent it
   * @returns `busy` when too many unknown secrets wait already, of this client from there or of all: nothing was checked then
   */
  async verify(clientId: string, hash: string, secret: string, peer = ''): Promise<SecretVerdict> {
    const mark = this.markOf(clientId, hash, secret);
    if (this.isRemembered(clientId, mark)) return 'verified';
    const name = mark.toString('base64url');
    const same = this.underway.get(name);
    if (same !== undefined) return same;
    const verdict = this.check(clientId, { hash, secret, mark, peer }).finally(() => this.underway.delete(name));
    this.underway.set(name, verdict);
    return verdict;
  }

  private async check(clientId: string, { hash, secret, mark, peer }: Claim): Promise<SecretVerdict> {
    const place = JSON.stringify([clientId, peer]);
    const mine = this.perPlace.get(place) ?? 0;
    if (mine >= WAITING_PER_PLACE_MAX || this.waiting.length >= WAITING_MAX) return 'busy';
    this.perPlace.set(place, mine + 1);
    await this.turn();
    try {
      if (!(await this.matches(hash, secret))) return 'wrong';
      this.remember(clientId, mark);
      return 'verified';
    } finally {
      this.leave(place);
    }
  }

  private async turn(): Promise<void> {
    if (this.running >= RUNNING_MAX) await new Promise<void>((resolve) => this.waiting.push(resolve));
    else this.running += 1;
  }

  /** Hands the place to the next in the queue, or gives it up. */
  private leave(place: string): void {
    const left = (this.perPlace.get(place) ?? 1) - 1;
    if (left === 0) this.perPlace.delete(place);
    else this.perPlace.set(place, left);
    const next = this.waiting.shift();
    if (next === undefined) this.running -= 1;
    else next();
  }

  private markOf(clientId: string, hash: string, secret: string): Buffer {
    return createHmac('sha256', this.processKey)
      .update(JSON.stringify([clientId, hash, secret]))
      .digest();
  }

  private isRemembered(clientId: string, mark: Buffer): boolean {
    const known = this.remembered.get(clientId);
    if (known === undefined || !timingSafeEqual(known, mark)) return false;
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
