import type { Refusal } from '#domain/refusal.js';
import type { OAuthAnswer } from '#oauth/answer.js';
import { errorAnswer, fromRefusal, ourFault } from '#oauth/errors.js';
import { speaksOAuth } from '#oauth/routes.js';
import { Dialect } from '#platform/http/problem.filter.js';

/** What went wrong on the OAuth routes outside their steps, in OAuth's own words. */
export class OAuthDialect extends Dialect {
  override speaks(path: string): boolean {
    return speaksOAuth(path);
  }

  override answer(refusal: Refusal | null, incident: string): OAuthAnswer {
    return errorAnswer(refusal === null ? ourFault(incident) : fromRefusal(refusal));
  }
}
