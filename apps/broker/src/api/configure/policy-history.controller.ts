import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiQuery, ApiResponse, ApiTags } from '#contracts/wire/describe.js';
import {
  KeptPolicySetAnswer,
  PolicyChangePageAnswer,
  PolicyDiffAnswer,
} from '#contracts/configure/policy-history.dto.js';
import { presentChange, presentPastSet, presentSetDifference } from '#contracts/configure/policy-history-presenters.js';
import { refuse, RefusalError } from '#domain/refusal.js';
import type { ChangePosition } from '#escalations/configure/policy-sets.js';
import { ReadPolicyHistory } from '#escalations/configure/read-policy-history.js';
import { CursorSeal } from '#platform/http/cursor.js';
import { Allow, Caller, type Principal } from '#platform/http/principal.js';
import { orRefuse } from '../edge/contract.pipe.js';
import { openCursor } from '../edge/page-cursor.js';
import { PeopleNames } from '../edge/people-names.js';
import { withRole } from './policies.controller.js';
import { Filters, Problems } from '../edge/problems.js';
import { QueryReader } from '../edge/query-reader.js';

const NAME = { test: /^sha256:[0-9a-f]{64}$/, says: 'must be sha256: and 64 hexadecimal digits' };
const NAMED =
  'Hash of a configuration, or version of policies: of those with this version the one that was applied last.';

/** What was in force, and when it changed. For people with a role, as the policies in force are. */
@ApiTags('policies')
@Controller('v1/policies')
export class PolicyHistoryController {
  constructor(
    private readonly history: ReadPolicyHistory,
    private readonly cursors: CursorSeal,
    private readonly names: PeopleNames,
  ) {}

  /**
   * Every application of a configuration, newest first: when, by whom, how much it changed, and what was asked under it.
   * A page holds at most 20, whatever `limit` says; `next_cursor` leads on.
   */
  @Get('changes')
  @Allow('person')
  @Filters()
  @ApiResponse({ status: 200, type: PolicyChangePageAnswer, description: 'One page.' })
  @Problems('unknown_field', 'forbidden', 'too_long', 'out_of_range')
  async changes(@Caller() caller: Principal, @Query() query: Record<string, unknown>): Promise<object> {
    withRole(caller);
    const read = new QueryReader(query, ['limit', 'cursor']);
    const limit = read.limit();
    read.done();
    const boundTo = { page: 'policy changes', caller: caller.id };
    const after = openCursor<ChangePosition>(this.cursors, query['cursor'], boundTo);
    const { items, next } = await this.history.changes(limit, after);
    const nameOf = await this.names.current();
    return {
      items: items.map((item) => presentChange(item, nameOf)),
      next_cursor: next === null ? null : this.cursors.seal(next, boundTo),
    };
  }

  /** What differs between two applied configurations: policy by policy, and thing by thing of `writ.yaml`. */
  @Get('diff')
  @Allow('person')
  @ApiQuery({ name: 'from', required: true, description: NAMED, schema: { type: 'string' } })
  @ApiQuery({ name: 'to', required: true, description: NAMED, schema: { type: 'string' } })
  @ApiResponse({ status: 200, type: PolicyDiffAnswer, description: 'The difference.' })
  @Problems('invalid_request', 'unknown_field', 'forbidden', 'not_found', 'too_long')
  async diff(@Caller() caller: Principal, @Query() query: Record<string, unknown>): Promise<object> {
    withRole(caller);
    const read = new QueryReader(query, ['from', 'to']);
    const [from, to] = [read.needed('from', NAME), read.needed('to', NAME)];
    read.done();
    return presentSetDifference(orRefuse(await this.history.difference(from, to)));
  }

  /** A whole set of policies that was in force once, by its version or by the hash of its configuration. */
  @Get(':version')
  @Allow('person')
  @ApiResponse({ status: 200, type: KeptPolicySetAnswer, description: 'The set.' })
  @Problems('forbidden', 'not_found')
  async set(@Caller() caller: Principal, @Param('version') version: string): Promise<object> {
    withRole(caller);
    if (!NAME.test.test(version)) throw new RefusalError(refuse('not_found', 'No version has such a name.'));
    return presentPastSet(orRefuse(await this.history.set(version)), await this.names.current());
  }
}
