import { type ArgumentMetadata, type PipeTransform } from '@nestjs/common';
import { readBody } from '#contracts/wire/body-reader.js';
import { SuspendBody } from '#contracts/end/suspension.dto.js';
import { isRefusal, RefusalError } from '#domain/refusal.js';

/** Reads every body into its DTO class, or refuses it naming each member and rule. */
export class ContractPipe implements PipeTransform {
  transform(value: unknown, { type, metatype }: ArgumentMetadata): unknown {
    if (type !== 'body' || metatype === undefined || metatype === Object) return value;
    const body = readBody(metatype as new () => object, value === undefined && metatype === SuspendBody ? {} : value);
    if (isRefusal(body)) throw new RefusalError(body);
    return body;
  }
}

/** Throws a refusal for the problem filter; anything else is the result. */
export function orRefuse<T>(result: T): Exclude<T, { refused: true }> {
  if (isRefusal(result)) throw new RefusalError(result);
  return result as Exclude<T, { refused: true }>;
}
