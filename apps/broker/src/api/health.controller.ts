import { Controller, Get } from '@nestjs/common';
import { ApiResponse, ApiTags } from '@nestjs/swagger';
import { RefusalError, refuse } from '#domain/refusal.js';
import { Reader } from '#escalations/ports.js';
import { Public } from '#platform/principal.js';
import { Problems } from './problems.js';

const ALIVE = { type: 'object', required: ['status'], properties: { status: { type: 'string', enum: ['ok'] } } };

/** Probes, without detail. */
@ApiTags('health')
@Controller()
export class HealthController {
  constructor(private readonly reader: Reader) {}

  /** The process lives. */
  @ApiResponse({ status: 200, schema: ALIVE, description: 'It does.' })
  @Get('healthz')
  @Public()
  alive(): object {
    return { status: 'ok' };
  }

  /** The process can serve: its database answers. */
  @ApiResponse({ status: 200, schema: ALIVE, description: 'It can.' })
  @Problems('unavailable')
  @Get('readyz')
  @Public()
  async ready(): Promise<object> {
    try {
      await this.reader.now();
    } catch {
      throw new RefusalError(refuse('unavailable', 'Not ready.', { retryAfterSeconds: 1 }));
    }
    return { status: 'ok' };
  }
}
