import { createParamDecorator, SetMetadata, type ExecutionContext } from '@nestjs/common';
import type { CallerProof } from '#domain/caller-proof.js';
import type { FastifyRequest } from 'fastify';

/** Who makes a request, once proved. */
export type Principal =
  | { readonly kind: 'agent'; readonly id: string }
  | { readonly kind: 'client'; readonly id: string; readonly roles: readonly string[] }
  | {
      readonly kind: 'person';
      readonly id: string;
      readonly roles: readonly string[];
      /** The session that speaks for them. */
      readonly session: string;
    };

export type PrincipalKind = Principal['kind'];

export interface PrincipalRequest extends FastifyRequest {
  principal?: Principal;
  /** What the work of this request has still to complete of its caller's proof. */
  proof?: CallerProof;
}

export const ALLOWED_KEY = 'writ:allowed';

/** Which kinds of principal a route serves. A route without this decorator serves nobody. */
export const Allow = (...kinds: PrincipalKind[]): MethodDecorator & ClassDecorator => SetMetadata(ALLOWED_KEY, kinds);

/** Opens a route to anybody. */
export const Public = (): MethodDecorator & ClassDecorator => SetMetadata(ALLOWED_KEY, 'public');

export const COMPLETES_PROOF_KEY = 'writ:completes-proof';

/** What the request's work has to complete of its caller's proof; `undefined`: nothing. */
export const Proof = createParamDecorator(
  (_data: unknown, context: ExecutionContext): CallerProof | undefined =>
    context.switchToHttp().getRequest<PrincipalRequest>().proof,
);

/** The principal of the request. */
export const Caller = createParamDecorator((_data: unknown, context: ExecutionContext): Principal => {
  const { principal } = context.switchToHttp().getRequest<PrincipalRequest>();
  if (principal === undefined) throw new Error('a public route has no caller');
  return principal;
});

/** True when the principal is a person or client that holds the role. */
export function hasRole(principal: Principal, role: string): boolean {
  return principal.kind !== 'agent' && principal.roles.includes(role);
}
