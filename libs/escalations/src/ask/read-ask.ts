import type { CallerProof } from '#domain/caller-proof.js';
import type { EscalationRequest } from '#domain/authority/authorization-details.js';
import { isRefusal, refuse, type Refusal } from '#domain/refusal.js';
import { checkCatalog, type KnownAsk } from '../judge/check-catalog.js';
import type { ParentGrant, ParentGrants } from './parent-grant.js';
import { registryOf, type Ids, type Registry, type RegistrySource, type Seals, type TokenMint } from '../ports.js';

/** What an agent asks. */
export interface Ask {
  readonly agentId: string;
  readonly asked: EscalationRequest;
  /** The live access token of the agent that handed the work on; `null`: nobody did. */
  readonly parentToken: string | null;
  /** Asked where tokens are given; absent: over REST. */
  readonly here?: AskedHere;
  /** How the agent was proved, where nobody has asked the database about it. */
  readonly proof?: CallerProof;
}

/** What an ask at the token endpoint brings, where its answer is the token. */
export interface AskedHere {
  /** The id that the request gets: it may be in the request already, as the name of its task. */
  readonly escalationId: string;
  /** The agent comes again when people have decided. */
  readonly waits: boolean;
}

/** What asking knows of the world. */
export interface AskPorts {
  readonly registry: RegistrySource;
  readonly mint: TokenMint;
  readonly parents: ParentGrants;
  readonly seals: Seals;
  readonly ids: Ids;
}

export type Asked = Ask & { readonly ports: AskPorts };
type InCatalog = Asked & { readonly registry: Registry; readonly known: KnownAsk };
/** An ask as everything is known of it that is read before the locks. `request` is what is decided, its chain included. */
export type ReadyAsk = InCatalog & { readonly parent: ParentGrant | null; readonly request: EscalationRequest };

/** Finds agent, resource and actions in the configuration in force. Refuses what is not in it, or not with these arguments. */
export async function findInCatalog(context: Asked): Promise<InCatalog | Refusal> {
  const registry = await registryOf(context.ports.registry, context.proof);
  const known = checkCatalog(registry.catalog, context.agentId, context.asked);
  return isRefusal(known) ? known : { ...context, registry, known };
}

/** Follows the token of whoever handed the work on: the grant behind it, those above that, and the chain that they make. */
export async function followParent(context: InCatalog): Promise<ReadyAsk | Refusal> {
  const { asked, parentToken } = context;
  const parent = parentToken === null ? null : await context.ports.parents.of(parentToken);
  if (isRefusal(parent)) return parent;
  return { ...context, parent, request: parent === null ? asked : { ...asked, chain: parent.chain } };
}

/** Refuses what no token could hold, before people are asked for it. */
export function fitIntoToken(context: ReadyAsk): ReadyAsk | Refusal {
  const { agentId, request, known } = context;
  const alg = known.resource.signingAlg;
  if (context.ports.mint.fits({ agentId, resource: request.resource, alg, request })) return context;
  return refuse('too_large', 'A token for this could not stay under 6 KiB.', {
    errors: [{ pointer: '/authorization_details', rule: 'must fit into a token' }],
  });
}
