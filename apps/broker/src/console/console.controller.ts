import { Controller, Get, Param, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '#contracts/describe.js';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { refuse, RefusalError } from '#domain/refusal.js';
import { Public } from '#platform/principal.js';
import { ConsolePages } from './pages.js';

/** Each address of the console answers the one page; what it shows is decided in the browser (apps/console). */
const ADDRESSES = [
  '',
  'login',
  'escalations/:id',
  'history',
  'agents',
  'grants',
  'policies',
  'insights',
  'account',
] as const;

/** Nothing runs but our own script, nothing is sent anywhere but here, and text never becomes markup. */
const PAGE_HEADERS = {
  'Content-Security-Policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; '),
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy':
    'publickey-credentials-get=(self), publickey-credentials-create=(self), camera=(), microphone=(), geolocation=()',
  'X-Frame-Options': 'DENY',
  'Cache-Control': 'no-cache',
};

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
