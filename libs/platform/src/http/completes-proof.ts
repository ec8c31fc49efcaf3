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
 * @param run does the work; `leaves`: it may leave the proof to be completed
 * @param left what it has left; `undefined`: nothing, and what came of it stands
 * @param prove proves the caller; `spent`: the assertion was used up by this call
 */
export async function completingProof<T>(
  run: (leaves: boolean) => Promise<T>,
  left: () => CallerProof | undefined,
  prove: (spent: boolean) => Promise<void>,
): Promise<T> {
  try {
    const result = await run(true);
    if (left()?.spent !== false) return result;
  } catch (error) {
    const ofProof = error instanceof AssertionReplayed || error instanceof ProofOutdated;
    if (!ofProof && (left()?.spent !== false || !(error instanceof RefusalError))) throw error;
  }
  await prove(left()?.spent === true);
  return run(false);
}

/** `completingProof` around a route of `/v1`. */
@Injectable()
export class ProofInterceptor implements NestInterceptor {
  constructor(private readonly headers: CallerOfHeader) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request = context.switchToHttp().getRequest<PrincipalRequest>();
    const { proof } = request;
    if (proof === undefined) return next.handle();
    const run = (leaves: boolean): Promise<unknown> => {
      if (!leaves) delete request.proof;
      return lastValueFrom(next.handle(), { defaultValue: undefined });
    };
    const prove = async (spent: boolean): Promise<void> => {
      const { authorization = '' } = request.headers;
      request.principal = orUnauthenticated(await this.headers.prove(authorization, request.ip, spent));
    };
    return defer(() => completingProof(run, () => proof, prove));
  }
}

/** The work of this route completes the proof of its caller: with it goes what would be statements of their own. */
export const CompletesProof = (): MethodDecorator =>
  applyDecorators(SetMetadata(COMPLETES_PROOF_KEY, true), UseInterceptors(ProofInterceptor));
