import type { Risk } from './policy-decision.js';

/** How people are shown a value: `money/EUR` (minor units of an ISO 4217 currency), a size, a time, an address, a moment. */
export type ArgumentFormat = `money/${string}` | 'bytes' | 'seconds' | 'uri' | 'date-time';

/** What people read of an argument beside its value. Nothing is decided by it and no digest covers it. */
interface ArgumentWords {
  readonly title?: string;
  readonly format?: ArgumentFormat;
}

/** The subset of JSON Schema that `arguments` of an action may use (contract section 3). */
export type ArgumentSchema = ArgumentWords &
  (
    | {
        readonly type: 'string';
        readonly maxLength?: number;
        readonly enum?: readonly string[];
        readonly pattern?: string;
      }
    | { readonly type: 'integer'; readonly minimum?: number; readonly maximum?: number }
    | { readonly type: 'boolean' }
    | { readonly type: 'array'; readonly items: ArgumentSchema; readonly maxItems?: number }
  );

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
  /** A call in a sentence for people: words of the operator, with `{name}` for an argument and `{identifier}`; absent: none. */
  readonly say?: string;
  /** An element that names this action names an identifier too; absent: it may leave it free. */
  readonly identifierRequired?: boolean;
  /** Who holds it must be heard of this often; absent: a grant of it lives unheard. */
  readonly heartbeatSeconds?: number;
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

/** A workload known by the tokens that an OpenID issuer gives it: Kubernetes, a CI system, a cloud. */
export interface FederationAuth {
  readonly kind: 'federation';
  /** Compared byte for byte with `iss`. */
  readonly issuer: string;
  /** Where the issuer's keys are; `null`: its discovery document says. */
  readonly jwksUri: string | null;
  /** Compared byte for byte with `sub`. */
  readonly subject: string;
  /** The one audience that is accepted; `null`: the broker's issuer. */
  readonly audience: string | null;
  /** Top-level claims that must be there with exactly these values; a number counts as its decimal text. */
  readonly claims: Readonly<Record<string, string>>;
}

/** A workload known by its SPIFFE id, which a JWT-SVID carries as `sub`. */
export interface SpiffeAuth {
  readonly kind: 'spiffe';
  readonly id: string;
  /** Where the keys of the id's trust domain are. */
  readonly jwksUri: string;
}

/** How an agent or client proves itself; the last two are for agents alone. */
export type AuthMethod =
  | { readonly kind: 'jwks'; readonly keys: readonly Readonly<Record<string, unknown>>[] }
  | { readonly kind: 'secret_hash'; readonly hash: string }
  | FederationAuth
  | SpiffeAuth;

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
  /** What people are shown; `null`: the id. Never shown to agents. */
  readonly name: string | null;
  readonly email: string | null;
  readonly roles: readonly PersonRole[];
  readonly slack: readonly { readonly team: string; readonly user: string }[];
  /** Who the OpenID provider says they are; issuer `null`: the configured provider. `null`: no such sign-in. */
  readonly oidc: { readonly issuer: string | null; readonly subject: string } | null;
}

export interface CatalogGroup {
  readonly id: string;
  readonly members: readonly string[];
  readonly slackChannel: string | null;
  /** The group asked as well when 80 % of a window has passed without a decision; absent: none. */
  readonly deputy?: string | null;
  /** Who is told besides Slack, without being able to decide there; absent: nobody. */
  readonly notify?: readonly NoticeTarget[];
}

/** Where notices go. Both are written by the operator; what arrives there is a link and never an action. */
export type NoticeTarget =
  { readonly kind: 'email'; readonly address: string } | { readonly kind: 'webhook'; readonly url: string };

/** `off`: they stay; `new_uses`: they are not used, renewed or collected any more; `live`: they end. */
export type OnPolicyChange = 'new_uses' | 'off' | 'live';

/** How much one agent, or all agents of one owner, may ask of the broker and of people. */
export interface CatalogLimits {
  readonly pendingPerAgent: number;
  readonly createsPerMinute: number;
  /** Requests of all agents of one owner that may wait for people; absent in configurations applied before it existed. */
  readonly pendingPerOwner?: number;
  /** Seconds that a grant made by break-glass may last. */
  readonly breakGlassTtlSeconds?: number;
  /** What becomes of live grants that a later configuration would not give; absent: `new_uses`. */
  readonly onPolicyChange?: OnPolicyChange;
  /** Days after which the signing key is followed by the next one by itself; 0 or absent: never. */
  readonly signingKeyDays?: number;
  /** The wait after the same was denied a third time, in seconds; doubles with each further denial. 0: none; absent: 60. */
  readonly denialBackOffSeconds?: number;
}

/** `writ.yaml` after strict reading: plain, typed, every reference checked. */
export interface Catalog {
  readonly resources: readonly CatalogResource[];
  readonly agents: readonly CatalogAgent[];
  readonly clients: readonly CatalogClient[];
  readonly people: readonly CatalogPerson[];
  readonly groups: readonly CatalogGroup[];
  readonly limits: CatalogLimits;
}

/** The resource of this id; `undefined`: the configuration does not know it. */
export function resourceIn(catalog: Pick<Catalog, 'resources'>, id: string): CatalogResource | undefined {
  return catalog.resources.find((resource) => resource.id === id);
}

/** The agent of this id; `undefined`: the configuration does not know it. */
export function agentIn(catalog: Pick<Catalog, 'agents'>, id: string): CatalogAgent | undefined {
  return catalog.agents.find((agent) => agent.id === id);
}
