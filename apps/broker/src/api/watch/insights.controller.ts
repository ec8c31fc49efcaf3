import { Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiResponse, ApiTags } from '#contracts/wire/describe.js';
import { ApproverInsightsAnswer, RuleInsightsAnswer, RuleProposalAnswer } from '#contracts/watch/insights.dto.js';
import { presentApproverInsight, presentRuleInsight } from '#contracts/watch/insights-presenters.js';
import { refuse, RefusalError } from '#domain/refusal.js';
import { INSIGHT_DAYS, Insights } from '#escalations/watch/insights.js';
import { ProposeRule } from '#escalations/configure/propose-rule.js';
import { Allow, Caller, hasRole, type Principal } from '#platform/http/principal.js';
import { orRefuse } from '../edge/contract.pipe.js';
import { NoQuery } from '../edge/no-query.js';
import { PeopleNames } from '../edge/people-names.js';
import { Problems } from '../edge/problems.js';

/** How people decide, and which rules might decide for them. */
@ApiTags('insights')
@Controller('v1/insights')
export class InsightsController {
  constructor(
    private readonly insights: Insights,
    private readonly proposals: ProposeRule,
    private readonly names: PeopleNames,
  ) {}

  /** Decision time and approve rate of each person. Operators and auditors read all, others their own row. */
  @Get('approvers')
  @Allow('person', 'client')
  @NoQuery()
  @ApiResponse({ status: 200, type: ApproverInsightsAnswer, description: 'The last 30 days.' })
  @Problems('forbidden')
  async approvers(@Caller() caller: Principal): Promise<object> {
    if (!seesAll(caller) && caller.kind !== 'person') throw notForYou();
    const rows = await this.insights.approvers(seesAll(caller) ? null : caller.id);
    const nameOf = await this.names.current();
    return { days: INSIGHT_DAYS, items: rows.map((row) => presentApproverInsight(row, nameOf)) };
  }

  /**
   * The record of each rule that asks people: what is always approved policy might allow, what is always denied forbid.
   * Nothing is suggested by approvals of which more than a fifth were fast.
   */
  @Get('rules')
  @Allow('person', 'client')
  @NoQuery()
  @ApiResponse({ status: 200, type: RuleInsightsAnswer, description: 'The last 30 days.' })
  @Problems('forbidden')
  async rules(@Caller() caller: Principal): Promise<object> {
    if (!seesAll(caller)) throw notForYou();
    return { days: INSIGHT_DAYS, items: (await this.insights.rules()).map(presentRuleInsight) };
  }

  /**
   * What it would mean to let this rule allow: a diff, and what it would have said. Nothing is applied. `hardly_read` while
   * more than a fifth of its approvals were fast.
   */
  @Post('rules/:id/proposal')
  @HttpCode(200)
  @Allow('person', 'client')
  @ApiResponse({ status: 200, type: RuleProposalAnswer, description: 'The proposal.' })
  @Problems('forbidden', 'not_found', 'hardly_read')
  async proposal(@Caller() caller: Principal, @Param('id') id: string): Promise<object> {
    if (!seesAll(caller)) throw notForYou();
    return orRefuse(await this.proposals.execute(id));
  }
}

function seesAll(caller: Principal): boolean {
  return hasRole(caller, 'auditor') || hasRole(caller, 'operator');
}

function notForYou(): RefusalError {
  return new RefusalError(refuse('forbidden', 'Only auditors and operators read this.'));
}
