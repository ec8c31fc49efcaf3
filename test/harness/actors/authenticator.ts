import { createHash, createPrivateKey, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';

const FLAGS = { userPresent: 0x01, userVerified: 0x04, attested: 0x40 } as const;

/** What an authenticator may do wrong; everything left out is as it should be. */
export interface Misdeeds {
  readonly origin?: string;
  readonly rpId?: string;
  readonly userVerified?: boolean;
  readonly crossOrigin?: boolean;
  readonly challenge?: string;
  readonly userHandle?: string;
}

export interface CreationOptions {
  readonly challenge: string;
  readonly rp: { readonly id: string };
  readonly user: { readonly id: string };
}

export interface RequestOptions {
  readonly challenge: string;
  readonly rpId: string;
}

/** An authenticator in software: ES256, attestation `none`, and a browser that puts the page's origin into its words. */
export class SoftwareAuthenticator {
  private credentialId = randomBytes(16);
  private publicKey: KeyObject;
  private privateKey: KeyObject;
  private userHandle = '';

  /** @param counter signatures so far; 0 never counts, as passkeys that are synchronised do not */
  constructor(
    readonly origin: string,
    private counter = 0,
  ) {
    const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    this.publicKey = pair.publicKey;
    this.privateKey = createPrivateKey(pair.privateKey.export({ format: 'pem', type: 'pkcs8' }));
  }

  get id(): string {
    return this.credentialId.toString('base64url');
  }

  /** The public key as a stranger would be given it. */
  get publicPem(): string {
    return this.publicKey.export({ format: 'pem', type: 'spki' }).toString();
  }

  /** The same credential with the counter as it is now: a cloned authenticator. */
  copy(): SoftwareAuthenticator {
    const { credentialId, publicKey, privateKey, userHandle } = this;
    return Object.assign(new SoftwareAuthenticator(this.origin, this.counter), {
      credentialId,
      publicKey,
      privateKey,
      userHandle,
    });
  }

  /** `navigator.credentials.create`, answered as RegistrationResponseJSON. */
  create(options: CreationOptions, misdeeds: Misdeeds = {}): Record<string, unknown> {
    this.userHandle = options.user.id;
    const clientData = this.clientData('webauthn.create', options.challenge, misdeeds);
    const authData = Buffer.concat([
      this.authData(misdeeds.rpId ?? options.rp.id, FLAGS.attested, misdeeds),
      Buffer.alloc(16),
      uint(this.credentialId.length, 2),
      this.credentialId,
      this.coseKey(),
    ]);
    const attestationObject = map([
      text('fmt'),
      text('none'),
      text('attStmt'),
      map([]),
      text('authData'),
      bytes(authData),
    ]);
    return this.credential({
      clientDataJSON: clientData.toString('base64url'),
      attestationObject: attestationObject.toString('base64url'),
      transports: ['internal', 'quantum'],
    });
  }

  /** `navigator.credentials.get`, answered as AuthenticationResponseJSON. */
  get(options: RequestOptions, misdeeds: Misdeeds = {}): Record<string, unknown> {
    if (this.counter > 0) this.counter += 1;
    const clientData = this.clientData('webauthn.get', options.challenge, misdeeds);
    const authData = this.authData(misdeeds.rpId ?? options.rpId, 0, misdeeds);
    const signed = Buffer.concat([authData, createHash('sha256').update(clientData).digest()]);
    return this.credential({
      clientDataJSON: clientData.toString('base64url'),
      authenticatorData: authData.toString('base64url'),
      signature: sign('sha256', signed, this.privateKey).toString('base64url'),
      userHandle: misdeeds.userHandle ?? this.userHandle,
    });
  }

  private credential(response: Record<string, unknown>): Record<string, unknown> {
    const { id } = this;
    const extra = { clientExtensionResults: { credProps: { rk: true } }, authenticatorAttachment: 'platform' };
    return { id, rawId: id, type: 'public-key', response, ...extra };
  }

  private clientData(type: string, challenge: string, misdeeds: Misdeeds): Buffer {
    const { origin = this.origin, crossOrigin = false } = misdeeds;
    return Buffer.from(JSON.stringify({ type, challenge: misdeeds.challenge ?? challenge, origin, crossOrigin }));
  }

  private authData(rpId: string, more: number, { userVerified = true }: Misdeeds): Buffer {
    const flags = FLAGS.userPresent | (userVerified ? FLAGS.userVerified : 0) | more;
    return Buffer.concat([createHash('sha256').update(rpId).digest(), Buffer.of(flags), uint(this.counter, 4)]);
  }

  private coseKey(): Buffer {
    const { x = '', y = '' } = this.publicKey.export({ format: 'jwk' });
    const coordinate = (value: string): Buffer => bytes(Buffer.from(value, 'base64url'));
    // {1 (kty): 2 (EC2), 3 (alg): -7 (ES256), -1 (crv): 1 (P-256), -2: x, -3: y}
    return map([int(1), int(2), int(3), int(-7), int(-1), int(1), int(-2), coordinate(x), int(-3), coordinate(y)]);
  }
}

/** As much of CBOR (RFC 8949) as attestation needs. */
function head(major: number, value: number): Buffer {
  if (value < 24) return Buffer.of((major << 5) | value);
  return value < 256 ? Buffer.of((major << 5) | 24, value) : Buffer.of((major << 5) | 25, value >> 8, value & 0xff);
}

function int(value: number): Buffer {
  return value >= 0 ? head(0, value) : head(1, -1 - value);
}

function bytes(value: Buffer): Buffer {
  return Buffer.concat([head(2, value.length), value]);
}

function text(value: string): Buffer {
  return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)]);
}

/** Keys and values in turn. */
function map(items: readonly Buffer[]): Buffer {
  return Buffer.concat([head(5, items.length / 2), ...items]);
}

function uint(value: number, size: number): Buffer {
  const buffer = Buffer.alloc(size);
  buffer.writeUIntBE(value, 0, size);
  return buffer;
}
