import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiResponse, ApiTags } from '#contracts/wire/describe.js';
import { AgentPageAnswer } from '#contracts/watch/agents.dto.js';
import { presentAgent } from '#contracts/watch/agents-presenters.js';
import { WholeAgentAnswer } from '#contracts/watch/agents.dto.js';
import { presentAgentView } from '#contracts/watch/agents-presenters.js';
import { personNames } from '#domain/person-name.js';
import { EvaluateEscalation } from '#escalations/ask/evaluate-escalation.js';
import { Inbox } from '#escalations/watch/inbox.js';
import { RegistrySource } from '#escalations/ports.js';
import { ReadAgent } from '#escalations/watch/read-agent.js';
import { CursorSeal } from '#platform/http/cursor.js';
import { Allow, Caller, hasRole, type Principal } from '#platform/http/principal.js';
import { orRefuse } from '../edge/contract.pipe.js';
import { openCursor } from '../edge/page-cursor.js';
import { Filters, Problems } from '../edge/problems.js';
import { QueryReader } from '../edge/query-reader.js';

/** Agents for the people who answer for them. */
@ApiTags('agents')
@Controller('v1/people/agents')
export class PeopleAgentsController {
  constructor(
    private readonly inbox: Inbox,
    private readonly registry: RegistrySource,
    private readonly cursors: CursorSeal,
    private readonly agents: ReadAgent,
    private readonly evaluations: EvaluateEscalation,
  ) {}

  /** Agents by id, with what they hold and ask: to operators and auditors all, to others those they own. */
  @Get()
  @Allow('person')
  @Filters()
  @ApiResponse({ status: 200, type: AgentPageAnswer, description: 'One page.' })
  @Problems('unknown_field', 'too_long', 'out_of_range')
  async list(@Caller() caller: Principal, @Query() query: Record<string, unknown>): Promise<object> {
    const read = new QueryReader(query, ['limit', 'cursor']);
    const limit = read.limit();
    read.done();
    const boundTo = { page: 'agents', caller: caller.id };
    const after = openCursor<string>(this.cursors, query['cursor'], boundTo);
    const { catalog } = await this.registry.current();
    const sees = hasRole(caller, 'operator') || hasRole(caller, 'auditor');
    const known = catalog.agents
      .filter((agent) => (sees || agent.owner === caller.id) && (after === null || agent.id > after))
      .sort((a, b) => (a.id < b.id ? -1 : 1));
    const page = known.slice(0, limit);
    const counts = new Map(
      (await this.inbox.agentCounts(page.map(({ id }) => id))).map((row) => [row.agent, row] as const),
    );
    const [nameOf, operates] = [personNames(catalog), hasRole(caller, 'operator')];
    return {
      items: page.flatMap((agent) => {
        const row = counts.get(agent.id);
        return row === undefined ? [] : [presentAgent(agent, row, nameOf, operates)];
      }),
      next_cursor: known.length > limit ? this.cursors.seal(page.at(-1)?.id, boundTo) : null,
    };
  }

  /**
   * One agent: who it is, what it may ask, what it holds, what it asks and what it did lately, and what suspending it would
   * end. For its owner, operators and auditors.
   */
  @Get(':id')
  @Allow('person')
  @ApiResponse({ status: 200, type: WholeAgentAnswer, description: 'The agent as it is now.' })
  @Problems('not_found')
  async one(@Caller() caller: Principal, @Param('id') id: string): Promise<object> {
    const view = orRefuse(await this.agents.execute(caller.id, id));
    return presentAgentView(view, orRefuse(await this.evaluations.requestable(id)));
  }
}
