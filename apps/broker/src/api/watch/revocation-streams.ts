import type { ServerResponse } from 'node:http';
import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import type { RevocationsAnswer } from '#contracts/watch/revocations.dto.js';
import { LIMITS } from '#domain/limits.js';
import { eventText } from '../edge/event-stream.js';
import { RevocationPages } from './revocation-pages.js';

/** A reader that takes nothing must not fill the memory. */
const UNREAD_BYTES_MAX = 1024 * 1024;

/** The feed as server-sent events: each page with its cursor as the event's id, an empty one at least every five seconds. */
@Injectable()
export class RevocationStreams implements BeforeApplicationShutdown {
  private readonly open = new Set<AbortController>();
  private readonly texts = new WeakMap<RevocationsAnswer, Buffer>();

  constructor(private readonly pages: RevocationPages) {}

  /** Sends events on a response whose head is written, until either side ends it. */
  async serve(clientId: string, after: string | null, response: ServerResponse): Promise<void> {
    // A reader that left before this began: its end was told already, and is not told again.
    if (response.destroyed) return;
    const ending = new AbortController();
    this.open.add(ending);
    response.on('close', () => ending.abort());
    try {
      let cursor = after;
      let waitMs = 0;
      while (!ending.signal.aborted && response.writableLength <= UNREAD_BYTES_MAX) {
        const page = await this.pages.next(clientId, cursor, waitMs, ending.signal);
        response.write(this.textOf(page));
        cursor = page.cursor;
        waitMs = page.caught_up ? LIMITS.revocationSilenceSeconds * 1000 : 0;
      }
    } catch {
      // The store is away, or the client is no verifier any more: it comes back with its cursor, or is refused.
    } finally {
      this.open.delete(ending);
      response.end();
    }
  }

  /** Written once for all streams that are told the same. */
  private textOf(page: RevocationsAnswer): Buffer {
    const text = this.texts.get(page) ?? Buffer.from(eventText('revocations', page, page.cursor));
    this.texts.set(page, text);
    return text;
  }

  beforeApplicationShutdown(): void {
    for (const ending of [...this.open]) ending.abort();
  }
}
