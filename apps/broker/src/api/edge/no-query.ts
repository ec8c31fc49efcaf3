import { applyDecorators, UseGuards, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Problems } from './problems.js';
import { QueryReader } from './query-reader.js';

class WithoutQuery implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    new QueryReader(context.switchToHttp().getRequest<FastifyRequest>().query as Record<string, unknown>, []).done();
    return true;
  }
}

/** A list that is answered whole: a filter that it does not have is refused, not passed over. */
export function NoQuery(): MethodDecorator {
  return applyDecorators(UseGuards(WithoutQuery), Problems('unknown_field'));
}
