import { createHash, createHmac } from 'node:crypto';
import { Seals } from '#escalations/ports.js';
import type { BrokenSeals, SealedKind, SealSubject } from '#escalations/sealed-kinds.js';
import { macMatches, macOf } from './mac.js';
import { deriveKey } from './master-key.js';

/** MACs and continuation codes under sub-keys of the master key. */
export class MasterKeySeals extends Seals {
  private readonly macKey: Buffer;
  private readonly deferralKey: Buffer;

  /**
   * @param masterKey the 32 bytes of WRIT_MASTER_KEY
   * @param broken hears of each row whose seal is not right; nobody does where nothing is read that must be told
   */
  constructor(
    masterKey: Uint8Array,
    private readonly broken: BrokenSeals = { found: () => undefined },
  ) {
    super();
    this.macKey = deriveKey(masterKey, 'mac');
    this.deferralKey = deriveKey(masterKey, 'deferral');
  }

  override mac(kind: SealedKind, content: unknown): string {
    return macOf(this.macKey, kind, content);
  }

  override matches(kind: SealedKind, content: unknown, mac: string | null): boolean {
    return macMatches(this.macKey, kind, content, mac);
  }

  override sound(kind: SealedKind, row: string, content: unknown, mac: string | null, about?: SealSubject): boolean {
    if (this.matches(kind, content, mac)) return true;
    this.broken.found(kind, row, about);
    return false;
  }

  /** HMAC-SHA256 of the escalation's id, base64url: whoever creates or replays gets the same code, nobody else any. */
  override deferralCode(escalationId: string): string {
    return createHmac('sha256', this.deferralKey).update(escalationId, 'utf8').digest('base64url');
  }

  /** SHA-256 of the code: all that is stored of it. */
  override deferralHash(code: string): Buffer {
    return createHash('sha256').update(code, 'utf8').digest();
  }
}
