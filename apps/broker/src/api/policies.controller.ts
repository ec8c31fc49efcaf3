import { Body, Controller, Get, HttpCode, Post } from '@nestjs/common';
import { ApiResponse, ApiTags } from '#contracts/describe.js';
import { DryRunAnswer, DryRunBody, PolicySetAnswer } from '#contracts/console.dto.js';
import { presentDryRun } from '#contracts/console-presenters.js';
import { refuse, RefusalError } from '#domain/refusal.js';
import { DryRunPolicy } from '#escalations/dry-run.js';
import { RegistrySource } from '#escalations/ports.js';
import { Allow, Caller, type Principal } from '#platform/principal.js';
import { orRefuse } from './contract.pipe.js';
import { Asking } from './escalations.controller.js';
import { PeopleNames } from './people-names.js';
import { Problems } from './problems.js';

/** The rules, and what they would say. */
@ApiTags('policies')
@Controller('v1/policies')
export class PoliciesController {
  constructor(
    private readonly registry: RegistrySource,
    private readonly dryRuns: DryRunPolicy,
    private readonly asking: Asking,
    private readonly names: PeopleNames,
  ) {}

  /** The policies in force, file by file. For approvers, operators and auditors. */
  @Get()
  @Allow('person')
  @ApiResponse({ status: 200, type: PolicySetAnswer, description: 'The set in force.' })
  async read(@Caller() caller: Principal): Promise<object> {
    withRole(caller);
    const { policyVersion, policyFiles } = await this.registry.current();
    return { version: policyVersion, files: policyFiles };
  }

  /** What would happen if this agent asked this, explained. Nothing is kept but an audit row. */
  @Post('evaluate')
  @HttpCode(200)
  @Allow('person')
  @ApiResponse({ status: 200, type: DryRunAnswer, description: 'What would happen.' })
  @Problems('unknown_field', 'invalid_authorization_details', 'not_found', 'rate_limited')
  @Problems('too_long', 'too_large', 'out_of_range', 'not_requestable')
  async evaluate(@Caller() caller: Principal, @Body() body: DryRunBody): Promise<object> {
    withRole(caller);
    const { recent_denials, open_grants, pending_asks, granted_last_hour, granted_last_day } = body.facts ?? {};
    const run = await this.dryRuns.execute(caller.id, {
      agent: body.agent,
      request: await this.asking.read(body.request),
      atMs: body.at === undefined ? null : Date.parse(body.at),
      facts: {
        ...(recent_denials === undefined ? {} : { recentDenials: recent_denials }),
        ...(open_grants === undefined ? {} : { openGrants: open_grants }),
        ...(pending_asks === undefined ? {} : { pendingAsks: pending_asks }),
        ...(granted_last_hour === undefined ? {} : { grantedLastHour: granted_last_hour }),
        ...(granted_last_day === undefined ? {} : { grantedLastDay: granted_last_day }),
      },
    });
    return presentDryRun(orRefuse(run), await this.names.current());
  }
}

/** The rules tell what guards what: people without any role here need not know. */
function withRole(caller: Principal): void {
  if (caller.kind !== 'person' || caller.roles.length === 0)
    throw new RefusalError(refuse('forbidden', 'Only approvers, operators and auditors read the policies.'));
}
