import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';

/**
 * Answers with server-sent events: takes the response from Fastify and writes its head, with the headers that hooks have
 * set. Proxies may neither keep nor gather it.
 * @returns the response, for `eventText` and comments; whoever writes on it ends it
 */
export function openEventStream(reply: FastifyReply): ServerResponse {
  const headers = reply
    .header('Content-Type', 'text/event-stream; charset=utf-8')
    .header('Cache-Control', 'no-store')
    .header('X-Accel-Buffering', 'no')
    .getHeaders();
  reply.hijack();
  reply.raw.writeHead(200, headers as OutgoingHttpHeaders);
  return reply.raw;
}

/** One event as it is sent. @param id where the stream goes on after it, as `Last-Event-ID` */
export function eventText(name: string, data: object, id?: string): string {
  return `event: ${name}\n${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`;
}
