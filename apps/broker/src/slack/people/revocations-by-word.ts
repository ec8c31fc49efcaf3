import { Inject, Injectable } from '@nestjs/common';
import { isId } from '#domain/ids.js';
import { isRefusal } from '#domain/refusal.js';
import { Store } from '#escalations/ports.js';
import { RevokeAsPerson } from '#escalations/end/revoke-as-person.js';
import { shortId } from '#slack/views/card/card-facts.js';

const NONE = 'Writ has no such live grant that you may revoke.';

/** Ends a grant by its id and a person's word from Slack, with the rights of the REST route. */
@Injectable()
export class RevocationsByWord {
  constructor(
    @Inject(Store) private readonly store: Pick<Store, 'read'>,
    @Inject(RevokeAsPerson) private readonly asPerson: Pick<RevokeAsPerson, 'execute'>,
  ) {}

  /** @returns what to tell the person. An unknown grant, one that ended and one of somebody else are told the same. */
  async revoke(person: string, grantId: string, reason: string): Promise<string> {
    const found = isId('grt', grantId) ? await this.store.read.grants.byId(grantId) : null;
    if (found === null) return NONE;
    const ended = await this.asPerson.execute(person, found.grant.escalationId, reason);
    return isRefusal(ended) ? NONE : `Grant ${shortId(grantId)} is ${ended.grant.status}: its token no longer works.`;
  }
}
