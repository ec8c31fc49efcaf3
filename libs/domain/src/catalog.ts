import type { Risk } from './policy-decision.js';

/** The subset of JSON Schema that `arguments` of an action may use (contract section 3). */
export type ArgumentSchema =
  | {
      readonly type: 'string';
      readonly maxLength?: number;
      readonly enum?: readonly string[];
      readonly pattern?: string;
    }
  | { readonly type: 'integer'; readonly minimum?: number; readonly maximum?: number }
  | { readonly type: 'boolean' }
  | { readonly type: 'array'; readonly items: ArgumentSchema; readonly maxItems?: number };

export interface ArgumentsSchema {
  readonly type: 'object';
  readonly additionalProperties: false;
  readonly required: readonly string[];
  readonly properties: Readonly<Record<string, ArgumentSchema>>;
}

export interface CatalogAction {
  readonly name: string;
  readonly risk: Risk;
  /** `null`: the action takes no arguments. */
  readonly arguments: ArgumentsSchema | null;
}

export interface CatalogResource {
  readonly id: string;
  readonly name: string;
  readonly environment: string | null;
  readonly classification: string | null;
  /** Group told of break-glass and revocations. */
  readonly owners: string | null;
  readonly maxTokenTtlSeconds: number;
  readonly signingAlg: 'ES256' | 'RS256';
  readonly verifiers: readonly string[];
  readonly actions: readonly CatalogAction[];
}

/** How an agent or client proves itself. */
export type AuthMethod =
  | { readonly kind: 'jwks'; readonly keys: readonly Readonly<Record<string, unknown>>[] }
  | { readonly kind: 'secret_hash'; readonly hash: string };

export interface CatalogAgent {
  readonly id: string;
  readonly name: string;
  readonly owner: string;
  readonly groups: readonly string[];
  readonly auth: AuthMethod;
}

export type ClientRole = 'verifier' | 'auditor' | 'operator';
export type PersonRole = 'approver' | 'auditor' | 'operator';

export interface CatalogClient {
  readonly id: string;
  readonly auth: AuthMethod;
  readonly roles: readonly ClientRole[];
}

export interface CatalogPerson {
  readonly id: string;
  readonly email: string | null;
  readonly roles: readonly PersonRole[];
  readonly slack: readonly { readonly team: string; readonly user: string }[];
}

export interface CatalogGroup {
  readonly id: string;
  readonly members: readonly string[];
  readonly slackChannel: string | null;
}

/** `writ.yaml` after strict reading: plain, typed, every reference checked. */
export interface Catalog {
  readonly resources: readonly CatalogResource[];
  readonly agents: readonly CatalogAgent[];
  readonly clients: readonly CatalogClient[];
  readonly people: readonly CatalogPerson[];
  readonly groups: readonly CatalogGroup[];
  readonly limits: { readonly pendingPerAgent: number; readonly createsPerMinute: number };
}
