import type { JsonWebKey } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { ConfigurationError } from '../configuration-error.js';
import { makePrivateJwk } from '../catalog/key-pair.js';
import { readCatalog, type ReadCatalog } from '../catalog/writ-yaml.js';

/** A client secret's hash in the only form that `writ.yaml` takes; of no known secret. */
export const SECRET_HASH = `scrypt$16384$8$1$${'a'.repeat(22)}$${'b'.repeat(43)}`;

/** A fresh P-256 public key as a JWK. */
export function publicJwk(kid = 'k1'): JsonWebKey {
  const { kty, crv, x, y } = makePrivateJwk();
  return { kty, crv, x, y, kid };
}

/** A small valid file as plain data; each test spoils one thing of it. */
export function sound() {
  return {
    resources: [
      {
        id: 'https://payments.example',
        name: 'Payments',
        environment: 'prod',
        classification: 'restricted',
        owners: 'oncall',
        max_token_ttl: 120,
        signing_alg: 'ES256',
        verifiers: ['payments-api'],
        actions: {
          'refund.create': {
            risk: 'high',
            arguments: {
              type: 'object',
              additionalProperties: false,
              required: ['order'],
              properties: {
                order: { type: 'string', maxLength: 64, pattern: '^[0-9]+$' },
                amount: { type: 'integer', minimum: 1 },
                tags: { type: 'array', items: { type: 'string', enum: ['a', 'b'] }, maxItems: 3 },
                urgent: { type: 'boolean' },
              },
            },
          },
          'payment.read': { risk: 'low' },
        },
      },
    ],
    agents: [
      {
        id: 'support-bot',
        name: 'Support bot',
        owner: 'alice',
        groups: ['support', 'oncall'],
        auth: { jwks: { keys: [publicJwk()] } },
      },
    ],
    clients: [{ id: 'payments-api', auth: { secret_hash: SECRET_HASH }, roles: ['verifier'] }],
    people: [
      {
        id: 'alice',
        name: 'Alice Ames',
        email: 'alice@example.com',
        roles: ['operator'],
        slack: [{ team: 'T0001', user: 'U0001' }],
        oidc: { subject: 'subject-of-alice' },
      },
      { id: 'bob', roles: ['approver'], slack: [{ team: 'T0001', user: 'U0002' }] },
    ],
    groups: [{ id: 'oncall', members: ['bob'], slack_channel: 'C0001' }],
    limits: { pending_per_agent: 5, creates_per_minute: 6 },
  };
}

/** The sound file with the member at `path` set to `value`; undefined removes it. */
export function spoilt(path: readonly (string | number)[], value: unknown): unknown {
  const file: unknown = sound();
  let at = file as Record<string | number, unknown>;
  for (const step of path.slice(0, -1)) at = at[step] as Record<string | number, unknown>;
  const last = path.at(-1) as string | number;
  if (value === undefined) delete at[last];
  else at[last] = value;
  return file;
}

/** A configuration folder and a data folder of one test, below a temporary one. */
export class ConfigurationFolder {
  readonly root = mkdtempSync(join(tmpdir(), 'writ-catalog-'));
  readonly configDir = join(this.root, 'config');
  readonly dataDir = join(this.root, 'data');

  constructor() {
    mkdirSync(join(this.configDir, 'policies'), { recursive: true });
    mkdirSync(join(this.dataDir, 'keys'), { recursive: true });
  }

  /** Writes `writ.yaml`: text as it is, data as YAML. */
  write(content: unknown): void {
    const text = typeof content === 'string' ? content : stringify(content, { aliasDuplicateObjects: false });
    writeFileSync(join(this.configDir, 'writ.yaml'), text);
  }

  /** What the reader makes of the folder, after writing `content` when it is given. */
  read(content?: unknown): ReadCatalog {
    if (content !== undefined) this.write(content);
    return readCatalog(this.configDir, this.dataDir);
  }

  /** The problems that refuse `content`; none when it is accepted. */
  problemsOf(content: unknown): readonly string[] {
    try {
      this.read(content);
      return [];
    } catch (error) {
      if (error instanceof ConfigurationError) return error.problems;
      throw error;
    }
  }

  remove(): void {
    rmSync(this.root, { recursive: true });
  }
}
