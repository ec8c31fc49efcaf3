import { Inject, Injectable } from '@nestjs/common';
import type { AuthMethod, Catalog, FederationAuth, SpiffeAuth } from '#domain/catalog.js';
import { RegistrySource } from '#escalations/ports.js';
import { openCompactJws } from '#tokens/compact-jws.js';
import { AUDIENCE, type Audience } from './audience.js';
import {
  fail,
  inertClaim,
  type AuthenticationFailure,
  type ClaimedIdentity,
  type RefusalReason,
} from './authentication-failure.js';
import { matchesFederation } from './federation.js';
import { signatureHolds } from './jws-signature.js';
import { matchesSpiffe, trustDomainOf } from './spiffe.js';
import { WorkloadKeys, type KeySource } from './workload-keys.js';
import { openWorkloadToken, WORKLOAD_ALGORITHMS, type OpenedWorkloadToken } from './workload-token.js';

export type WorkloadKind = 'federation' | 'spiffe';

/** An agent that has proved itself by a token of the platform it runs on. */
export interface ProvedWorkload {
  readonly agentId: string;
}

interface Workload {
  readonly agentId: string;
  readonly auth: FederationAuth | SpiffeAuth;
}

/** Says which registered agent a workload token is of. Tokens are reusable until they end, so none is noted as used. */
@Injectable()
export class WorkloadIdentities {
  constructor(
    @Inject(RegistrySource) private readonly registry: Pick<RegistrySource, 'current'>,
    private readonly keys: WorkloadKeys,
    @Inject(AUDIENCE) private readonly audience: Pick<Audience, 'issuer' | 'nowSeconds'>,
  ) {}

  /**
   * Proves a token (RFC 7523 section 3 without `iss` = `sub`; JWT-SVID section 5). Exactly one registered agent must fit
   * its claims, and only that agent's issuer is then asked for keys: an issuer nobody registered is never contacted.
   * @param kinds which registrations may fit
   */
  async prove(token: string, kinds: readonly WorkloadKind[]): Promise<ProvedWorkload | AuthenticationFailure> {
    const opened = openWorkloadToken(token, this.audience.nowSeconds());
    if ('reason' in opened) return refused(opened.reason, opened.detail, token);
    const workloads = workloadsOf((await this.registry.current()).catalog).filter(({ auth }) =>
      kinds.includes(auth.kind),
    );
    const [workload, another] = workloads.filter(({ auth }) => this.matches(auth, opened));
    if (workload === undefined) return refused('unknown_workload', 'no registered workload has these claims', token);
    if (another !== undefined)
      return refused('ambiguous_workload', `fits ${workload.agentId} and ${another.agentId}`, token);
    const { agentId } = workload;
    const signed = await this.isSigned(token, opened.kid, sourceOf(workload, workloads));
    if (signed === 'signed') return { agentId };
    return signed === 'unsigned'
      ? refused('signature', 'no key of its issuer fits the signature', token, agentId)
      : refused('issuer_keys', 'the keys of its issuer cannot be had', token, agentId);
  }

  private matches(auth: FederationAuth | SpiffeAuth, { claims, svidTyped }: OpenedWorkloadToken): boolean {
    return auth.kind === 'spiffe'
      ? svidTyped && matchesSpiffe(auth, claims, this.audience.issuer)
      : matchesFederation(auth, claims, this.audience.issuer);
  }

  /** Keys rotate: a token that names none of those in hand may be the first of a new one. */
  private async isSigned(
    token: string,
    kid: string | null,
    source: KeySource,
  ): Promise<'signed' | 'unsigned' | 'no keys'> {
    const keys = await this.keys.current(source);
    if (keys === null) return 'no keys';
    if (await signatureHolds(token, keys, WORKLOAD_ALGORITHMS)) return 'signed';
    if (kid !== null && keys.some((key) => key['kid'] === kid)) return 'unsigned';
    const newer = await this.keys.newerThan(source, keys);
    return newer !== null && (await signatureHolds(token, newer, WORKLOAD_ALGORITHMS)) ? 'signed' : 'unsigned';
  }
}

function workloadsOf(catalog: Catalog): Workload[] {
  return catalog.agents.flatMap(({ id, auth }) => (isWorkload(auth) ? [{ agentId: id, auth }] : []));
}

function isWorkload(auth: AuthMethod): auth is FederationAuth | SpiffeAuth {
  return auth.kind === 'federation' || auth.kind === 'spiffe';
}

/** One issuer has one place for its keys: where one of its agents names it, it holds for all of them. */
function sourceOf({ auth }: Workload, workloads: readonly Workload[]): KeySource {
  if (auth.kind === 'spiffe') return { name: trustDomainOf(auth.id), jwksUri: auth.jwksUri };
  const named = workloads.find(
    (other) => other.auth.kind === 'federation' && other.auth.issuer === auth.issuer && other.auth.jwksUri !== null,
  );
  return { name: auth.issuer, jwksUri: named?.auth.jwksUri ?? null };
}

function refused(reason: RefusalReason, detail: string, token: string, agentId?: string): AuthenticationFailure {
  const agent = agentId === undefined ? {} : { client: agentId, registered: true };
  const claimed = { ...claimsOf(token), ...agent };
  return fail('invalid_client', reason, `workload token: ${detail}`, { claimed });
}

function claimsOf(token: string): ClaimedIdentity {
  const jws = openCompactJws(token);
  if ('fault' in jws) return {};
  const issuer = inertClaim(jws.payload['iss']);
  const subject = inertClaim(jws.payload['sub']);
  return { ...(issuer === undefined ? {} : { issuer }), ...(subject === undefined ? {} : { subject }) };
}
