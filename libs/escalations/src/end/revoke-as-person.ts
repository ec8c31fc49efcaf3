import { Injectable } from '@nestjs/common';
import { refuse, type Refusal } from '#domain/refusal.js';
import { mayRevokeGrantOf } from '../watch/entitlement.js';
import { Store, RegistrySource } from '../ports.js';
import { ReadEscalation } from '../watch/read-escalation.js';
import { RevokeGrant } from './revoke-grant.js';
import type { GrantRow } from '../rows/grant.js';
import { grantState } from '../state-now.js';

/** A person ends the grant of an escalation, from wherever they are shown it. */
@Injectable()
export class RevokeAsPerson {
  constructor(
    private readonly reads: ReadEscalation,
    private readonly store: Store,
    private readonly registry: RegistrySource,
    private readonly revocations: RevokeGrant,
  ) {}

  /**
   * Refuses `not_found` where there is no grant, `forbidden` to all but operators, the resource's owners and who approved
   * it, and `already_decided` when it has ended: then it was not this person who ended it.
   */
  async execute(
    person: string,
    escalationId: string,
    reason: string,
  ): Promise<{ grant: GrantRow; now: number } | Refusal> {
    const [story, voter, { catalog }] = await Promise.all([
      this.reads.load(escalationId),
      this.store.read.people.byId(person),
      this.registry.current(),
    ]);
    if (story === null || story.grant === null) return refuse('not_found', 'There is no such grant.');
    if (voter === null || !mayRevokeGrantOf(voter, story, catalog))
      return refuse('forbidden', 'You may not revoke this grant.');
    const { status, endedAt } = grantState(story.grant, story.now);
    if (endedAt !== null) return refuse('already_decided', `This grant is ${status}.`, { facts: { status } });
    return this.revocations.execute(story.grant.id, { kind: 'person', id: person }, 'revoked_by_person', reason);
  }
}
