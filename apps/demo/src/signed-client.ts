import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { SignJWT, type JWK } from 'jose';

/** What came back: the HTTP status and the JSON body. */
export interface Answer<T> {
  readonly status: number;
  readonly body: T;
}

const ANSWER_WITHIN_MS = 30_000;

/**
 * One party that proves itself to Writ by its private key (`private_key_jwt`, RFC 7523): agents, resource servers and
 * tools alike. There is no shared secret that could leak from a configuration file or a log.
 */
export class SignedClient {
  /** @param issuer the broker's address, without a trailing slash */
  constructor(
    readonly id: string,
    private readonly issuer: string,
    private readonly privateKey: JWK,
  ) {}

  /** Reads the private key from a JWK file, as `npm start` makes one for each party of the sample. */
  static fromKeyFile(id: string, issuer: string, path: string): SignedClient {
    return new SignedClient(id, issuer, JSON.parse(readFileSync(path, 'utf8')) as JWK);
  }

  /** Calls the REST side: JSON in, JSON out, the assertion as bearer. */
  async json<T>(method: 'GET' | 'POST', path: string, body?: object, headers: object = {}): Promise<Answer<T>> {
    return this.send<T>(path, {
      method,
      headers: {
        authorization: `Bearer ${await this.assertion()}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  }

  /** Calls the OAuth side: a form in, JSON out, the assertion as a form field. */
  async form<T>(path: string, fields: Record<string, string>, headers: object = {}): Promise<Answer<T>> {
    const body = new URLSearchParams({
      ...fields,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: await this.assertion(),
    });
    return this.send<T>(path, { method: 'POST', headers: { ...headers }, body });
  }

  /** A fresh one for every call: Writ takes each `jti` once, so a copied assertion is worth nothing. */
  private assertion(): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    return new SignJWT()
      .setProtectedHeader({ alg: 'ES256', kid: this.privateKey.kid })
      .setIssuer(this.id)
      .setSubject(this.id)
      .setAudience(this.issuer)
      .setIssuedAt(now)
      .setExpirationTime(now + 60)
      .setJti(randomUUID())
      .sign(this.privateKey);
  }

  private async send<T>(path: string, request: RequestInit): Promise<Answer<T>> {
    const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
    const response = await fetch(`${this.issuer}${path}`, { ...request, signal });
    return { status: response.status, body: (await response.json()) as T };
  }
}
