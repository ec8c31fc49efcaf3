import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { RefusalError, refuse } from '#domain/refusal.js';
import { Reader } from '#escalations/ports.js';
import { Public } from '#platform/principal.js';

/** Probes, without detail. */
@ApiTags('health')
@Controller()
export class HealthController {
  constructor(private readonly reader: Reader) {}

  /** The process lives. */
  @Get('healthz')
  @Public()
  alive(): object {
    return { status: 'ok' };
  }

  /** The process can serve: its database answers. */
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
