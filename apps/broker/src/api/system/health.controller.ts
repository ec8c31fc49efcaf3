import { Controller, Get, Query, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { ApiQuery, ApiResponse, ApiTags } from '#contracts/wire/describe.js';
import { ReadyAnswer } from '#contracts/configure/policy-history.dto.js';
import { presentComparison } from '#contracts/configure/policy-history-presenters.js';
import { RefusalError, refuse } from '#domain/refusal.js';
import { ConfigurationStore } from '#escalations/judge/configuration-store.js';
import { Public } from '#platform/http/principal.js';
import { ConfigurationWatch } from '../../configure/configuration-watch.js';
import { Readiness, type Unready } from '../../serve/readiness.js';
import { OperatorOnly } from '../edge/operator-only.js';
import { Problems } from '../edge/problems.js';

const ALIVE = { type: 'object', required: ['status'], properties: { status: { type: 'string', enum: ['ok'] } } };

const VERBOSE = 'Given, with any value: details, for operators and for this machine itself.';

const UNREADY: Readonly<Record<Unready, string>> = {
  store: 'Not ready: the database takes no writes.',
  relay: 'Not ready: what is to follow is not handed on.',
};

/** Probes, without detail unless an operator asks for it. */
@ApiTags('health')
@Controller()
export class HealthController {
  constructor(
    private readonly readiness: Readiness,
    private readonly only: OperatorOnly,
    private readonly watch: ConfigurationWatch,
    private readonly configurations: ConfigurationStore,
  ) {}

  /** The process lives. */
  @ApiResponse({ status: 200, schema: ALIVE, description: 'It does.' })
  @Get('healthz')
  @Public()
  alive(): object {
    return { status: 'ok' };
  }

  /**
   * The process can serve: its database takes writes, and what must follow them is handed on. With `verbose` it also says
   * how its configuration folder stands to what is in force: for this machine itself and for operators.
   */
  @ApiQuery({
    name: 'verbose',
    required: false,
    allowEmptyValue: true,
    schema: { type: 'string' },
    description: VERBOSE,
  })
  @ApiResponse({ status: 200, type: ReadyAnswer, description: 'It can.' })
  @Problems('unauthenticated', 'forbidden', 'unavailable')
  @Get('readyz')
  @Public()
  async ready(@Req() request: FastifyRequest, @Query('verbose') verbose: unknown): Promise<object> {
    if (verbose !== undefined) await this.only.admit(request, 'Details are');
    const fault = await this.readiness.fault();
    if (fault !== null) throw new RefusalError(refuse('unavailable', UNREADY[fault], { retryAfterSeconds: 1 }));
    if (verbose === undefined) return { status: 'ok' };
    await this.watch.pass();
    return {
      status: 'ok',
      configuration: presentComparison(await this.configurations.current(), this.watch.comparison),
    };
  }
}
