import type { ToolCall } from '#domain/authority/authorization-details.js';
import type { ArgumentSchema, ArgumentsSchema, Catalog, CatalogAction, CatalogResource } from '#domain/catalog.js';
import type { PolicyQuestion, Risk } from '#domain/policy-decision.js';
import { PolicyEngine } from '../engine.js';
import { describeFault, isRefusedSet } from '../load.js';

export const PAYMENTS = 'https://payments.example';
export const DEPLOYS = 'https://deploys.example';
export const SECRETS = 'https://secrets.example';
/** Wednesday 10:00 UTC. */
export const WORKING_HOURS = Date.UTC(2026, 10, 18, 10);
/** Sunday 23:00 UTC. */
export const SUNDAY_NIGHT = Date.UTC(2026, 10, 22, 23);

/** An arguments schema; a name ending in `?` is optional. */
export function args(properties: Readonly<Record<string, ArgumentSchema>>): ArgumentsSchema {
  const entries = Object.entries(properties);
  return {
    type: 'object',
    additionalProperties: false,
    required: entries.flatMap(([name]) => (name.endsWith('?') ? [] : [name])),
    properties: Object.fromEntries(entries.map(([name, type]) => [name.replace(/\?$/, ''), type])),
  };
}

const text = { type: 'string' } as const;
const whole = { type: 'integer' } as const;

export function anAction(name: string, risk: Risk, schema: ArgumentsSchema | null = null): CatalogAction {
  return { name, risk, arguments: schema };
}

export function aResource(
  id: string,
  actions: readonly CatalogAction[],
  more: Partial<CatalogResource> = {},
): CatalogResource {
  return {
    id,
    name: id,
    environment: 'prod',
    classification: null,
    owners: null,
    maxTokenTtlSeconds: 300,
    signingAlg: 'ES256',
    verifiers: [],
    actions,
    ...more,
  };
}

/** The catalogue of the sample configuration, as far as policy reads it. */
export function sampleCatalog(more: Partial<Catalog> = {}): Catalog {
  const person = (id: string, ...roles: Catalog['people'][number]['roles']): Catalog['people'][number] => ({
    id,
    name: null,
    email: null,
    oidc: null,
    roles,
    slack: [],
  });
  const group = (id: string, ...members: string[]): Catalog['groups'][number] => ({ id, members, slackChannel: null });
  const agent = (id: string, owner: string, ...groups: string[]): Catalog['agents'][number] => ({
    id,
    name: id,
    owner,
    groups,
    auth: { kind: 'jwks', keys: [] },
  });
  return {
    resources: [
      aResource(
        PAYMENTS,
        [
          anAction('payment.read', 'low'),
          anAction('payment.annotate', 'medium', args({ payment: text, note: text })),
          anAction(
            'refund.create',
            'high',
            args({ order: text, 'amount?': whole, 'tags?': { type: 'array', items: text } }),
          ),
          anAction('ledger.export', 'high', args({ period: text })),
        ],
        { classification: 'restricted', owners: 'payments-oncall' },
      ),
      aResource(
        DEPLOYS,
        [
          anAction('deploy.read', 'low'),
          anAction('deploy.preview', 'medium', args({ service: text, 'ref?': text })),
          anAction('deploy.production', 'high', args({ service: text, ref: text })),
          anAction('database.drop', 'high', args({ database: text })),
        ],
        { classification: 'internal', owners: 'platform-oncall' },
      ),
      aResource(
        SECRETS,
        [
          anAction('secret.list', 'low'),
          anAction('secret.read', 'high', args({ name: text })),
          { ...anAction('secret.rotate', 'high'), identifierRequired: true },
        ],
        { classification: 'secret', owners: 'security' },
      ),
    ],
    agents: [agent('support-bot', 'alice', 'support'), agent('deploy-bot', 'dave', 'delivery')],
    clients: [],
    people: [
      person('alice', 'operator', 'approver'),
      person('bob', 'approver'),
      person('carol', 'approver'),
      person('dave', 'approver'),
      person('erin', 'auditor'),
    ],
    groups: [
      group('support', 'support-bot'),
      group('delivery', 'deploy-bot'),
      group('payments-oncall', 'bob', 'carol'),
      group('platform-oncall', 'carol', 'dave'),
      group('security', 'alice', 'bob'),
      group('auditors', 'erin', 'bob'),
    ],
    limits: { pendingPerAgent: 20, createsPerMinute: 60 },
    ...more,
  };
}

export interface Ask {
  readonly agent?: 'support-bot' | 'deploy-bot';
  readonly resource?: string;
  readonly details?: readonly ToolCall[];
  readonly ticket?: string;
  readonly ttl?: number;
  readonly uses?: number;
  readonly breakGlass?: boolean;
  readonly chain?: number;
  readonly now?: number;
  readonly facts?: Partial<PolicyQuestion['facts']>;
}

/** A question with quiet defaults: support-bot asks to read payments on a Wednesday morning. */
export function aQuestion(ask: Ask = {}): PolicyQuestion {
  const agent = ask.agent ?? 'support-bot';
  return {
    agent: { id: agent, groups: agent === 'support-bot' ? ['support'] : ['delivery'] },
    request: {
      resource: ask.resource ?? PAYMENTS,
      authorization_details: ask.details ?? [call('payment.read')],
      requested_ttl: ask.ttl ?? 300,
      max_uses: ask.uses ?? null,
      task: { id: 'run-1', description: null, ticket: ask.ticket ?? null },
      justification: null,
      evidence: [],
      break_glass: ask.breakGlass ?? false,
      chain: Array.from({ length: ask.chain ?? 0 }, (_, index) => ({
        iss: 'https://issuer.example',
        sub: `link-${index}`,
      })),
    },
    facts: {
      recent_denials: 0,
      open_grants: 0,
      pending_asks: 0,
      granted_last_hour: {},
      granted_last_day: {},
      ...ask.facts,
    },
    nowMs: ask.now ?? WORKING_HOURS,
  };
}

export function call(action: string, given?: ToolCall['arguments']): ToolCall {
  return { type: 'tool_call', actions: [action], ...(given === undefined ? {} : { arguments: given }) };
}

/** An engine over one file of policies; throws with every fault when the set is refused. */
export function engineOf(policies: string, catalog: Catalog = sampleCatalog()): PolicyEngine {
  const engine = PolicyEngine.create([{ name: 'test.cedar', text: policies }], catalog);
  if (isRefusedSet(engine)) throw new Error(engine.map(describeFault).join('\n'));
  return engine;
}
