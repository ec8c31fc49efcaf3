import { randomBytes } from 'node:crypto';
import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isRefusal, refuse, RefusalError, type Refusal } from '#domain/refusal.js';
import { JsonLog } from '../observe/log.js';
import { isLost, type LostPage } from './lost-page.js';
import { MinuteLine } from '../observe/minute-line.js';
import { sendProblem } from './refusal-response.js';
import { pathOf } from './requested-path.js';

/** Tells a store that is away from a bug. Implemented by persistence, which knows its driver's codes. */
export abstract class OutageJudge {
  abstract isOutage(error: unknown): boolean;
}

/** A surface with error words of its own: OAuth speaks RFC 6749, never problem details. */
export abstract class Dialect {
  /** @param path as `pathOf` tells it */
  abstract speaks(path: string): boolean;
  /** @param refusal `null` when the broker failed, which `incident` finds in the log */
  abstract answer(
    refusal: Refusal | null,
    incident: string,
  ): { status: number; headers: Readonly<Record<string, string>>; body: unknown };
}

/** The one place where a failure becomes an answer: refusals by their table, bugs as 500 with an id and no detail. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly away: MinuteLine;

  constructor(
    private readonly log: JsonLog,
    private readonly outages: OutageJudge,
    private readonly dialect: Dialect,
    private readonly lost: LostPage | null = null,
  ) {
    this.away = new MinuteLine((fields) => log.line('warn', 'requests are refused: the store cannot serve', fields));
  }

  catch(error: unknown, host: ArgumentsHost): void {
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    if (reply.sent) return;
    const refusal = refusalOf(error, this.outages);
    if (refusal?.code === 'unavailable' && this.outages.isOutage(error)) this.away.tell(inOneLine(error));
    const incident = randomBytes(6).toString('hex');
    if (refusal === null) {
      const route = request.routeOptions.url ?? null;
      this.log.line('error', 'a request crashed', { incident, method: request.method, route, error: describe(error) });
    }
    if (this.dialect.speaks(pathOf(request))) {
      const { status, headers, body } = this.dialect.answer(refusal, incident);
      void reply
        .status(status)
        .headers(headers)
        .header('Content-Type', 'application/json; charset=utf-8')
        .send(JSON.stringify(body));
    } else if (this.lost !== null && isLost(request))
      void reply.status(404).headers(this.lost.headers).header('Cache-Control', 'no-store').send(this.lost.body);
    else if (refusal !== null) sendProblem(reply, refusal);
    else {
      void reply
        .status(500)
        .header('Cache-Control', 'no-store')
        .header('Content-Type', 'application/problem+json; charset=utf-8')
        .send(
          JSON.stringify({
            type: 'about:blank',
            title: 'The broker failed',
            status: 500,
            detail: `Incident ${incident}.`,
          }),
        );
    }
  }
}

/** Words and code, without stack, statement or values. */
function inOneLine(error: unknown): string {
  const { code, message } = error as { code?: unknown; message?: unknown };
  const words = `${typeof code === 'string' ? `${code} ` : ''}${String(message)}`;
  return words.replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ').slice(0, 200);
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** What the error means to the caller, or `null` when it is a bug. */
export function refusalOf(error: unknown, outages: OutageJudge): Refusal | null {
  if (error instanceof RefusalError) return error.refusal;
  if (isRefusal(error)) return error;
  if (outages.isOutage(error)) return refuse('unavailable', 'The store cannot be reached.', { retryAfterSeconds: 1 });
  const status =
    error instanceof HttpException ? error.getStatus() : Number((error as { statusCode?: unknown }).statusCode);
  if (status === 404 || status === 405) return refuse('not_found', 'There is nothing here.');
  if (status === 413) return refuse('too_large_body', 'The body may hold at most 256 KiB.');
  if (status === 415) return refuse('unsupported_media_type', 'Send application/json.');
  if (status === 400) return refuse('invalid_request', 'The request cannot be read.');
  return null;
}
