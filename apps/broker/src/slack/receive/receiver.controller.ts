import { Controller, Post, Req, Res, type RawBodyRequest } from '@nestjs/common';
import { ApiExcludeController } from '#contracts/wire/describe.js';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Public } from '#platform/http/principal.js';
import type { RawHeaders } from '#slack/receive/ingress.js';
import { SlackDeliveryDoor } from './slack-delivery-door.js';

/**
 * `POST /slack/events`: events, interactivity and commands. Needs the application's `rawBody`. Public, because Slack
 * proves itself by its signature, which the inbox checks before anything else.
 */
@ApiExcludeController()
@Public()
@Controller('slack')
export class SlackReceiverController {
  constructor(private readonly inbox: SlackDeliveryDoor) {}

  @Post('events')
  async receive(@Req() request: RawBodyRequest<FastifyRequest>, @Res() reply: FastifyReply): Promise<void> {
    const { rawBody } = request;
    const headers = headersOf(request.raw.rawHeaders);
    const answer = await this.inbox.take({ rawBody: rawBody ?? Buffer.alloc(0), headers });
    reply.code(answer.status);
    if (answer.body === undefined) void reply.send();
    else if (typeof answer.body === 'string') void reply.type('text/plain; charset=utf-8').send(answer.body);
    else void reply.type('application/json').send(JSON.stringify(answer.body));
  }
}

/** Names in lower case; a header that came twice is an array, whatever Node itself would have made of it. */
function headersOf(rawHeaders: readonly string[]): RawHeaders {
  const headers: Record<string, string | string[]> = Object.create(null) as Record<string, string | string[]>;
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] as string).toLowerCase();
    const value = rawHeaders[at + 1] as string;
    const earlier = headers[name];
    headers[name] = earlier === undefined ? value : [earlier, value].flat();
  }
  return headers;
}
