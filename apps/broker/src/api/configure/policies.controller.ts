import { Body, Controller, Get, HttpCode, Post, Query } from '@nestjs/common';
import { ApiQuery, ApiResponse, ApiTags } from '#contracts/wire/describe.js';
import { CatalogueAnswer } from '#contracts/configure/catalogue.dto.js';
import { DryRunAnswer, DryRunBody } from '#contracts/configure/dry-run.dto.js';
import { PolicySetAnswer } from '#contracts/configure/policies.dto.js';
import { presentCatalogue } from '#contracts/configure/catalogue-presenters.js';
import { presentDryRun } from '#contracts/configure/dry-run-presenters.js';
import { refuse, RefusalError } from '#domain/refusal.js';
import { DryRunPolicy } from '#escalations/configure/dry-run.js';
import { RegistrySource } from '#escalations/ports.js';
import { Allow, Caller, type Principal } from '#platform/http/principal.js';
import { readAsk } from '../ask/agent-asks.js';
import { orRefuse } from '../edge/contract.pipe.js';
import { PeopleNames } from '../edge/people-names.js';
import { NoQuery } from '../edge/no-query.js';
import { Problems } from '../edge/problems.js';
import { QueryReader } from '../edge/query-reader.js';

/** The rules, and what they would say. */
@ApiTags('policies')
@Controller('v1/policies')
export class PoliciesController {
  constructor(
    private readonly registry: RegistrySource,
    private readonly dryRuns: DryRunPolicy,
    private readonly names: PeopleNames,
  ) {}

  /** The policies in force, file by file. For approvers, operators and auditors. */
  @Get()
  @Allow('person')
  @NoQuery()
  @ApiResponse({ status: 200, type: PolicySetAnswer, description: 'The set in force.' })
  async read(@Caller() caller: Principal): Promise<object> {
    withRole(caller);
    const { policyVersion, policyFiles } = await this.registry.current();
    return { version: policyVersion, files: policyFiles };
  }

  /** What the configuration lets agents ask for, to try a request: agents, resources, actions with their schemas. */
  @Get('catalogue')
  @Allow('person')
  @ApiQuery({
    name: 'agent',
    required: false,
    description: 'Whom `permitted` is about; the first agent when left out.',
    schema: { type: 'string' },
  })
  @ApiResponse({ status: 200, type: CatalogueAnswer, description: 'What can be asked for.' })
  @Problems('unknown_field', 'not_found', 'too_long')
  async catalogue(@Caller() caller: Principal, @Query() query: Record<string, unknown>): Promise<object> {
    withRole(caller);
    const read = new QueryReader(query, ['agent']);
    const named = read.text('agent');
    read.done();
    const registry = await this.registry.current();
    const { agents } = registry.catalog;
    const agent = named === undefined ? agents[0] : agents.find(({ id }) => id === named);
    if (agent === undefined && named !== undefined)
      throw new RefusalError(refuse('not_found', 'There is no such agent.'));
    return presentCatalogue(registry, agent ?? null);
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
      request: await readAsk(body.request, this.registry),
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

/** The rules tell what guards what: people without any role here need not know. @throws RefusalError `forbidden` */
export function withRole(caller: Principal): void {
  if (caller.kind !== 'person' || caller.roles.length === 0)
    throw new RefusalError(refuse('forbidden', 'Only approvers, operators and auditors read the policies.'));
}
