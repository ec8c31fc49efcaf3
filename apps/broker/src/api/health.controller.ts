import { Controller, Get } from '@nestjs/common';
import { ApiResponse, ApiTags } from '#contracts/describe.js';
import { RefusalError, refuse } from '#domain/refusal.js';
import { Public } from '#platform/principal.js';
import { Readiness, type Unready } from '../readiness.js';
import { Problems } from './problems.js';

const ALIVE = { type: 'object', required: ['status'], properties: { status: { type: 'string', enum: ['ok'] } } };

const UNREADY: Readonly<Record<Unready, string>> = {
  store: 'Not ready: the database takes no writes.',
  relay: 'Not ready: what is to follow is not handed on.',
};

/** Probes, without detail. */
@ApiTags('health')
@Controller()
export class HealthController {
  constructor(private readonly readiness: Readiness) {}

  /** The process lives. */
  @ApiResponse({ status: 200, schema: ALIVE, description: 'It does.' })
  @Get('healthz')
  @Public()
  alive(): object {
    return { status: 'ok' };
  }

  /** The process can serve: its database takes writes, and what must follow them is handed on. */
  @ApiResponse({ status: 200, schema: ALIVE, description: 'It can.' })
  @Problems('unavailable')
  @Get('readyz')
  @Public()
  async ready(): Promise<object> {
    const fault = await this.readiness.fault();
    if (fault !== null) throw new RefusalError(refuse('unavailable', UNREADY[fault], { retryAfterSeconds: 1 }));
    return { status: 'ok' };
  }
}
