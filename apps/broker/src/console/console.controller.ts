import { Controller, Get, Param, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '#contracts/wire/describe.js';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { refuse, RefusalError } from '#domain/refusal.js';
import { Public } from '#platform/http/principal.js';
import { PAGE_HEADERS } from './page-headers.js';
import { ConsolePages } from './pages.js';

/** Each address of the console answers the one page; what it shows is decided in the browser (apps/console). */
const ADDRESSES = [
  '',
  'login',
  'inbox/:id',
  'escalations/:id',
  'history',
  'agents',
  'agents/:id',
  'grants',
  'policies',
  'policies/changes',
  'policies/versions/:version',
  'insights',
  'account',
] as const;

/** The browser console: one page without data, which then speaks to `/v1` like any other client. */
@ApiExcludeController()
@Controller()
export class ConsoleController {
  constructor(private readonly pages: ConsolePages) {}

  @Get([...ADDRESSES])
  @Public()
  page(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    const { body, type, etag } = this.pages.index;
    void reply.headers({ ...PAGE_HEADERS, ETag: etag });
    if (request.headers['if-none-match'] === etag) void reply.status(304).send();
    else void reply.type(type).send(body);
  }

  /** Named by the hash of what is in it, so it may be kept for good. */
  @Get('assets/:name')
  @Public()
  asset(@Param('name') name: string, @Res() reply: FastifyReply): void {
    const found = this.pages.asset(name);
    if (found === null) throw new RefusalError(refuse('not_found', 'There is nothing here.'));
    void reply
      .headers({
        'Cache-Control': 'public, max-age=31536000, immutable',
        'Cross-Origin-Resource-Policy': 'same-origin',
        ETag: found.etag,
      })
      .type(found.type)
      .send(found.body);
  }
}
