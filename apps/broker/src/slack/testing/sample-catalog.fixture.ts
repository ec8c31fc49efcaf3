import type { Voter } from '#domain/approval/eligibility.js';
import type { ArgumentsSchema, Catalog } from '#domain/catalog.js';

const AGELESS = { uid: 'per_of_this_desk', since: 0 };
/** alice owns the agent, bob, carol and alice are on call, dave is an auditor, erin is a person and nothing more. */
export const PEOPLE: readonly (Voter & { readonly slack: string })[] = [
  { person: 'alice', slack: 'U0001', roles: ['approver'], groups: ['payments-oncall'], ...AGELESS },
  { person: 'bob', slack: 'U0002', roles: ['approver'], groups: ['payments-oncall'], ...AGELESS },
  { person: 'carol', slack: 'U0003', roles: ['approver'], groups: ['payments-oncall'], ...AGELESS },
  { person: 'dave', slack: 'U0004', roles: ['auditor'], groups: [], ...AGELESS },
  { person: 'erin', slack: 'U0005', roles: [], groups: [], ...AGELESS },
];

const AMOUNT: ArgumentsSchema = {
  type: 'object',
  additionalProperties: false,
  required: [],
  properties: { amount: { type: 'integer' } },
};
/** Refunds with an amount, asked of three people on call. */
export const CATALOG: Catalog = {
  resources: [
    {
      id: 'https://payments.example',
      name: 'Payments',
      environment: 'prod',
      classification: 'restricted',
      owners: null,
      maxTokenTtlSeconds: 300,
      signingAlg: 'ES256',
      verifiers: [],
      actions: [{ name: 'refund.create', risk: 'medium', arguments: AMOUNT }],
    },
  ],
  agents: [
    {
      id: 'support-bot',
      name: 'Support bot',
      owner: 'alice',
      groups: [],
      auth: { kind: 'jwks', keys: [] },
    },
  ],
  clients: [],
  people: PEOPLE.map(({ person, roles, slack }) => ({
    id: person,
    name: null,
    email: null,
    oidc: null,
    roles,
    slack: [{ team: 'T0001', user: slack }],
  })),
  groups: [
    { id: 'payments-oncall', members: ['alice', 'bob', 'carol'], slackChannel: 'C0001' },
    { id: 'security', members: [], slackChannel: 'C0001' },
    { id: 'quiet', members: [], slackChannel: null },
  ],
  limits: { pendingPerAgent: 20, createsPerMinute: 60 },
};
