import {
  applyDecorators,
  Injectable,
  SetMetadata,
  UseInterceptors,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { defer, lastValueFrom, type Observable } from 'rxjs';
import { AssertionReplayed, ProofOutdated, type CallerProof } from '#domain/caller-proof.js';
import { RefusalError } from '#domain/refusal.js';
import { CallerOfHeader, orUnauthenticated } from './caller-of-header.js';
import { COMPLETES_PROOF_KEY, type PrincipalRequest } from './principal.js';

/**
 * Runs work that completes its caller's proof in its own transaction, and runs it again with a caller who is proved
 * beforehand wherever it has not: it was refused before there was a transaction, or by an old configuration.
 * @param work what is done; `undefined`: there is nothing left to complete
 * @param prove proves the caller; `spent`: the assertion was used up by this call
 */
export async function completingProof<T>(
  proof: CallerProof,
  work: (proof: CallerProof | undefined) => Promise<T>,
  prove: (spent: boolean) => Promise<void>,
): Promise<T> {
  try {
    const result = await work(proof);
    if (proof.spent) return result;
  } catch (error) {
    const ofProof = error instanceof AssertionReplayed || error instanceof ProofOutdated;
    if (!ofProof && (proof.spent || !(error instanceof RefusalError))) throw error;
  }
  await prove(proof.spent);
  return work(undefined);
}

/** `completingProof` around a route of `/v1`. */
@Injectable()
export class ProofInterceptor implements NestInterceptor {
  constructor(private readonly headers: CallerOfHeader) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request = context.switchToHttp().getRequest<PrincipalRequest>();
    const { proof } = request;
    if (proof === undefined) return next.handle();
    return defer(() =>
      completingProof(
        proof,
        (left) => {
          request.proof = left;
          return lastValueFrom(next.handle(), { defaultValue: undefined });
        },
        async (spent) => {
          const { authorization = '' } = request.headers;
          request.principal = orUnauthenticated(await this.headers.prove(authorization, request.ip, spent));
        },
      ),
    );
  }
}

/** The work of this route completes the proof of its caller: with it goes what would be statements of their own. */
export const CompletesProof = (): MethodDecorator =>
  applyDecorators(SetMetadata(COMPLETES_PROOF_KEY, true), UseInterceptors(ProofInterceptor));
