import { Controller, Get, Header, Req } from '@nestjs/common';
import { ApiExcludeController } from '#contracts/wire/describe.js';
import type { FastifyRequest } from 'fastify';
import { MetricsPage } from '#platform/observe/metrics-page.js';
import { Public } from '#platform/http/principal.js';
import { OperatorOnly } from '../edge/operator-only.js';

/**
 * What Prometheus reads. Open to this machine itself, to everybody else by the credentials of a client with the role
 * `operator`.
 */
@ApiExcludeController()
@Controller()
export class MetricsController {
  constructor(
    private readonly page: MetricsPage,
    private readonly only: OperatorOnly,
  ) {}

  @Get('metrics')
  @Public()
  @Header('Cache-Control', 'no-store')
  @Header('Content-Type', 'text/plain; version=0.0.4; charset=utf-8')
  async metrics(@Req() request: FastifyRequest): Promise<string> {
    await this.only.admitClient(request, 'Metrics are');
    return (await this.page.render()).text;
  }
}
