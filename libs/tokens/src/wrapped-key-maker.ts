import { KeyMaker, type KeyRow, type NewKey, type SigningAlg } from '#escalations/keys/signing-keys.js';
import { deriveKey, type RandomBytes } from './master-key.js';
import { generateSigningKey, opensAsKey } from './signing-key.js';

/** Makes signing keys whose private half only the master key opens. */
export class WrappedKeyMaker extends KeyMaker {
  private readonly wrapKey: Buffer;

  /** @param masterKey the 32 bytes of WRIT_MASTER_KEY */
  constructor(
    masterKey: Uint8Array,
    private readonly random: RandomBytes,
  ) {
    super();
    this.wrapKey = deriveKey(masterKey, 'wrap');
  }

  override async make(alg: SigningAlg): Promise<NewKey> {
    const { kid, publicJwk, wrappedPrivate } = await generateSigningKey(alg, this.wrapKey, this.random, new Date());
    return { kid, alg, publicJwk, wrappedPrivate };
  }

  override opens(row: Pick<KeyRow, 'kid' | 'alg' | 'wrappedPrivate'>): boolean {
    return opensAsKey(row, this.wrapKey) !== null;
  }
}
