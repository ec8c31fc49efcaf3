import { randomBytes, type KeyObject } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { cloneDatabase, type Database } from './database.js';
import { keyPair } from './key-pair.js';

/** One principal's key pair, generated for the run of one file. */
export interface KeyPair {
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly publicJwk: Record<string, unknown>;
}

/** A configuration folder with keys, and a database: all that brokers of one test file share. */
export interface World {
  readonly database: Database;
  readonly configDir: string;
  readonly keys: Readonly<Record<string, KeyPair>>;
  readonly masterKey: string;
  /** Rewrites the folder, for tests of `apply`. */
  writeConfig(change: (config: Config) => void, policies?: string): void;
  remove(): Promise<void>;
}

export type Config = ReturnType<typeof baseConfig>;

/** Three tiers in few words: reads are allowed, refunds need one, exports need two groups, drops are forbidden. */
export const BASE_POLICIES = `
@id("reads") @outcome("allow") @max_ttl("600")
permit (principal in Writ::Group::"support", action == Writ::Action::"payment.read", resource) when { context.granted_last_hour < 50 };

@id("notes") @outcome("allow")
permit (principal in Writ::Group::"support", action == Writ::Action::"payment.annotate", resource) when { context.has_ticket };

@id("refunds") @outcome("require_approval") @approvers("oncall") @max_ttl("200") @max_uses("5") @reason("Refunds move money.")
permit (principal in Writ::Group::"support", action == Writ::Action::"refund.create", resource);

@id("exports-oncall") @outcome("require_approval") @approvers("oncall") @quorum("2")
permit (principal in Writ::Group::"support", action == Writ::Action::"ledger.export", resource);
@id("exports-security") @outcome("require_approval") @approvers("security") @window("60")
permit (principal in Writ::Group::"support", action == Writ::Action::"ledger.export", resource);

@id("quick") @outcome("require_approval") @approvers("oncall") @window("1")
permit (principal in Writ::Group::"support", action == Writ::Action::"quick.ask", resource);

@id("no-drops") @reason("Nobody drops a ledger.")
forbid (principal, action == Writ::Action::"ledger.drop", resource);
`;

export function baseConfig(keys: Readonly<Record<string, KeyPair>>) {
  const auth = (id: string): { jwks: { keys: unknown[] } } => ({ jwks: { keys: [keys[id]?.publicJwk] } });
  const person = (id: string, user: string, roles: string[]) => ({
    id,
    email: `${id}@example.com`,
    roles,
    slack: [{ team: 'T0001', user }],
  });
  return {
    resources: [
      {
        id: 'https://payments.example',
        name: 'Payments',
        environment: 'prod',
        classification: 'restricted',
        owners: 'owners',
        max_token_ttl: 300,
        verifiers: ['payments-api'],
        actions: {
          'payment.read': { risk: 'low' },
          'payment.annotate': {
            risk: 'medium',
            arguments: object({ payment: { type: 'string' }, note: { type: 'string', maxLength: 80 } }, ['payment']),
          },
          'refund.create': {
            risk: 'high',
            arguments: object({ order: { type: 'string', maxLength: 40 }, amount: { type: 'integer', minimum: 1 } }, [
              'order',
            ]),
          },
          'ledger.export': { risk: 'high', arguments: object({ period: { type: 'string' } }, ['period']) },
          'ledger.drop': { risk: 'high' },
          'quick.ask': { risk: 'low' },
        },
      },
      {
        id: 'https://other.example',
        name: 'Other',
        max_token_ttl: 60,
        verifiers: ['other-api'],
        actions: { 'other.read': { risk: 'low' } },
      },
    ] as Record<string, unknown>[],
    agents: [
      { id: 'support-bot', name: 'Support bot', owner: 'alice', groups: ['support'], auth: auth('support-bot') },
      { id: 'rival-bot', name: 'Rival bot', owner: 'dave', groups: ['support'], auth: auth('rival-bot') },
    ] as Record<string, unknown>[],
    clients: [
      { id: 'payments-api', auth: auth('payments-api'), roles: ['verifier'] },
      { id: 'other-api', auth: auth('other-api'), roles: ['verifier'] },
      { id: 'auditor-tool', auth: auth('auditor-tool'), roles: ['auditor'] },
      { id: 'ops-cli', auth: auth('ops-cli'), roles: ['operator'] },
    ] as Record<string, unknown>[],
    people: [
      person('alice', 'U0001', ['approver']),
      person('bob', 'U0002', ['approver']),
      person('carol', 'U0003', ['approver']),
      person('dave', 'U0004', ['approver']),
      person('erin', 'U0005', ['auditor']),
      person('olga', 'U0006', ['operator']),
      person('omar', 'U0007', []),
    ],
    groups: [
      { id: 'oncall', members: ['alice', 'bob', 'carol'], slack_channel: 'C0001' },
      { id: 'security', members: ['carol', 'dave'], slack_channel: 'C0002' },
      { id: 'owners', members: ['omar'] },
      { id: 'support', members: ['support-bot', 'rival-bot'] },
    ] as Record<string, unknown>[],
    // Stories deny the same ask over and over; `fatigue.flow` has the limits that nobody configures.
    limits: { pending_per_agent: 100, creates_per_minute: 5_000, denial_back_off: 0 } as {
      pending_per_agent: number;
      creates_per_minute: number;
      denial_back_off?: number;
    },
  };
}

function object(properties: Record<string, unknown>, required: string[]): Record<string, unknown> {
  return { type: 'object', additionalProperties: false, required, properties };
}

const PRINCIPALS = ['support-bot', 'rival-bot', 'payments-api', 'other-api', 'auditor-tool', 'ops-cli'];

/** Makes a world. @param change edits the configuration before it is written */
export async function makeWorld(
  change: (config: Config) => void = () => undefined,
  policies = BASE_POLICIES,
): Promise<World> {
  const server = process.env['WRIT_TEST_SERVER_URL'];
  if (server === undefined) throw new Error('the run has no PostgreSQL: start Jest with npm test');
  const keys = Object.fromEntries(PRINCIPALS.map((id) => [id, makeKeyPair()]));
  const configDir = mkdtempSync(join(tmpdir(), 'writ-world-'));
  const write = (edit: (config: Config) => void, cedar = policies): void => {
    const config = baseConfig(keys);
    edit(config);
    mkdirSync(join(configDir, 'policies'), { recursive: true });
    writeFileSync(join(configDir, 'writ.yaml'), stringify(config));
    writeFileSync(join(configDir, 'policies', 'all.cedar'), cedar);
  };
  write(change);
  const database = await cloneDatabase(server);
  return {
    database,
    configDir,
    keys,
    masterKey: randomBytes(32).toString('base64'),
    writeConfig: write,
    remove: async () => {
      await database.drop();
      rmSync(configDir, { recursive: true, force: true });
    },
  };
}

function makeKeyPair(): KeyPair {
  const { publicKey, privateKey } = keyPair();
  const kid = randomBytes(6).toString('hex');
  return { kid, privateKey, publicJwk: { ...publicKey.export({ format: 'jwk' }), kid, alg: 'ES256', use: 'sig' } };
}
