import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Controller, Get, Header } from '@nestjs/common';
import { ApiExcludeController } from '#contracts/wire/describe.js';
import { Public } from '#platform/http/principal.js';
import { ROOT } from '#platform/root.js';
import type { ApiDocument } from './document.js';
import { docsPage } from './page.js';
import { STYLE } from './style.js';

const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');

/** `GET /docs`: the description as a page. */
@ApiExcludeController()
@Controller('docs')
export class DocsController {
  private page: string | undefined;

  @Get()
  @Public()
  @Header('Content-Type', 'text/html; charset=utf-8')
  @Header(
    'Content-Security-Policy',
    `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  )
  docs(): string {
    return (this.page ??= docsPage(JSON.parse(readFileSync(join(ROOT, 'openapi.json'), 'utf8')) as ApiDocument));
  }
}
