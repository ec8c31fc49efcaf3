import { Body, Controller, HttpCode, Injectable, Param, Post } from '@nestjs/common';
import { ApiResponse, ApiTags } from '#contracts/wire/describe.js';
import { GrantAnswer } from '#contracts/watch/grants.dto.js';
import { presentGrant } from '#contracts/presenters.js';
import { CompletionBody, RevokeBody } from '#contracts/end/grant-end.dto.js';
import { refuse, RefusalError } from '#domain/refusal.js';
import { CompleteGrant } from '#escalations/end/complete-grant.js';
import { mayRevokeGrantOf } from '#escalations/watch/entitlement.js';
import { RecordHeartbeat } from '#escalations/use/record-heartbeat.js';
import { Store, RegistrySource } from '#escalations/ports.js';
import { ReadEscalation } from '#escalations/watch/read-escalation.js';
import { RevokeGrant } from '#escalations/end/revoke-grant.js';
import { Allow, Caller, hasRole, type Principal } from '#platform/http/principal.js';
import { orRefuse } from '../edge/contract.pipe.js';
import { Problems } from '../edge/problems.js';

/** Who may end somebody else's grant: operators, the owners of its resource, and whoever approved it. */
@Injectable()
export class RevocationRights {
  constructor(
    private readonly store: Store,
    private readonly registry: RegistrySource,
    private readonly reads: ReadEscalation,
  ) {}

  async mayRevoke(caller: Principal, grantId: string): Promise<boolean> {
    if (hasRole(caller, 'operator')) return true;
    if (caller.kind !== 'person') return false;
    const [found, voter] = await Promise.all([
      this.store.read.grants.byId(grantId),
      this.store.read.people.byId(caller.id),
    ]);
    const story = found === null ? null : await this.reads.load(found.grant.escalationId);
    if (story === null || voter === null) return false;
    return mayRevokeGrantOf(voter, story, (await this.registry.current()).catalog);
  }
}

/** What an agent says of its grant, and how others end it. */
@ApiTags('grants')
@Controller('v1/grants')
export class GrantsController {
  constructor(
    private readonly completions: CompleteGrant,
    private readonly revocations: RevokeGrant,
    private readonly rights: RevocationRights,
    private readonly hearing: RecordHeartbeat,
  ) {}

  /** The agent says that its task goes on. Where an action has a `heartbeat`, two that are missed end the grant. */
  @Post(':id/heartbeat')
  @HttpCode(204)
  @Allow('agent')
  @ApiResponse({ status: 204, description: 'Heard.' })
  @Problems('not_found', 'already_ended')
  async heartbeat(@Caller() caller: Principal, @Param('id') id: string): Promise<void> {
    const refusal = await this.hearing.execute(caller.id, id);
    if (refusal !== null) throw new RefusalError(refusal);
  }

  /** The agent reports that its task is over; the grant and its token end with it. */
  @Post(':id/complete')
  @HttpCode(200)
  @Allow('agent')
  @ApiResponse({ status: 200, type: GrantAnswer, description: 'The grant as it is now.' })
  @Problems('unknown_field', 'not_found', 'too_long', 'too_large')
  async complete(@Caller() caller: Principal, @Param('id') id: string, @Body() body: CompletionBody): Promise<object> {
    const evidence = (body.evidence ?? []).map(({ title, url }) => ({ title, url }));
    const { grant, now } = orRefuse(
      await this.completions.execute(caller.id, id, { outcome: body.outcome, summary: body.summary ?? null, evidence }),
    );
    return presentGrant(grant, now);
  }

  /** Ends a grant now. Repeating it changes nothing. */
  @Post(':id/revoke')
  @HttpCode(200)
  @Allow('person', 'client')
  @ApiResponse({ status: 200, type: GrantAnswer, description: 'The grant as it is now.' })
  @Problems('unknown_field', 'forbidden', 'not_found', 'too_long')
  async revoke(@Caller() caller: Principal, @Param('id') id: string, @Body() body: RevokeBody): Promise<object> {
    if (!(await this.rights.mayRevoke(caller, id))) {
      const sees = hasRole(caller, 'auditor');
      throw new RefusalError(
        sees ? refuse('forbidden', 'You may not revoke this grant.') : refuse('not_found', 'There is no such grant.'),
      );
    }
    const { grant, now } = orRefuse(
      await this.revocations.execute(id, { kind: caller.kind, id: caller.id }, 'revoked_by_person', body.reason),
    );
    return presentGrant(grant, now);
  }
}
