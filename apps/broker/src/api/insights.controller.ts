import { Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiResponse, ApiTags } from '#contracts/describe.js';
import { ApproverInsightsAnswer, RuleInsightsAnswer, RuleProposalAnswer } from '#contracts/fatigue.dto.js';
import { presentApproverInsight, presentRuleInsight } from '#contracts/fatigue-presenters.js';
import { refuse, RefusalError } from '#domain/refusal.js';
import { INSIGHT_DAYS, Insights } from '#escalations/insights.js';
import { ProposeRule } from '#escalations/propose-rule.js';
import { Allow, Caller, hasRole, type Principal } from '#platform/principal.js';
import { orRefuse } from './contract.pipe.js';
import { Problems } from './problems.js';

/** How people decide, and which rules might decide for them. */
@ApiTags('insights')
@Controller('v1/insights')
export class InsightsController {
  constructor(
    private readonly insights: Insights,
    private readonly proposals: ProposeRule,
  ) {}

  /** Decision time and approve rate of each person. Operators and auditors read all, others their own row. */
  @Get('approvers')
  @Allow('person', 'client')
  @ApiResponse({ status: 200, type: ApproverInsightsAnswer, description: 'The last 30 days.' })
  @Problems('forbidden')
  async approvers(@Caller() caller: Principal): Promise<object> {
    if (!seesAll(caller) && caller.kind !== 'person') throw notForYou();
    const rows = await this.insights.approvers(seesAll(caller) ? null : caller.id);
    return { days: INSIGHT_DAYS, items: rows.map(presentApproverInsight) };
  }

  /** The record of each rule that asks people: what is always approved policy might allow, what is always denied forbid. */
  @Get('rules')
  @Allow('person', 'client')
  @ApiResponse({ status: 200, type: RuleInsightsAnswer, description: 'The last 30 days.' })
  @Problems('forbidden')
  async rules(@Caller() caller: Principal): Promise<object> {
    if (!seesAll(caller)) throw notForYou();
    return { days: INSIGHT_DAYS, items: (await this.insights.rules()).map(presentRuleInsight) };
  }

  /** What it would mean to let this rule allow: a diff, and what it would have said. Nothing is applied. */
  @Post('rules/:id/proposal')
  @HttpCode(200)
  @Allow('person', 'client')
  @ApiResponse({ status: 200, type: RuleProposalAnswer, description: 'The proposal.' })
  @Problems('forbidden', 'not_found')
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
