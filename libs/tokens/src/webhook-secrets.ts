import { createHmac } from 'node:crypto';
import { deriveKey } from './master-key.js';

/** The secrets of webhooks: derived, so that none is stored and every process knows them. */
export class WebhookSecrets {
  private readonly key: Buffer;

  /** @param masterKey the 32 bytes of WRIT_MASTER_KEY */
  constructor(masterKey: Uint8Array) {
    this.key = deriveKey(masterKey, 'webhook');
  }

  /** The 32 bytes for one group's URL; two receivers never share one, so neither can sign for the other. */
  secretOf(group: string, url: string): Buffer {
    return createHmac('sha256', this.key)
      .update(JSON.stringify([group, url]), 'utf8')
      .digest();
  }

  /** The same as Standard Webhooks writes it: `whsec_` and base64. */
  textOf(group: string, url: string): string {
    return `whsec_${this.secretOf(group, url).toString('base64')}`;
  }
}
