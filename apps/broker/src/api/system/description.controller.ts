import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Controller, Get, Header } from '@nestjs/common';
import { ApiExcludeController } from '#contracts/wire/describe.js';
import { Public } from '#platform/http/principal.js';
import { ROOT } from '#platform/root.js';

/** The description that the build wrote. */
@ApiExcludeController()
@Controller()
export class DescriptionController {
  private readonly openapi = readFileSync(join(ROOT, 'openapi.json'), 'utf8');

  @Get('openapi.json')
  @Public()
  @Header('Content-Type', 'application/json; charset=utf-8')
  describe(): string {
    return this.openapi;
  }
}
