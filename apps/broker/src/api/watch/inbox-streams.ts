import type { ServerResponse } from 'node:http';
import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { LIMITS } from '#domain/limits.js';
import { ChangeSignal } from '#escalations/ports.js';
import { ReadInbox } from '#escalations/watch/read-inbox.js';
import { Sessions } from '#identity/people/sessions.js';
import { eventText } from '../edge/event-stream.js';

/** Changes come in bursts, one commit telling of itself twice: so long they are gathered. */
const GATHER_MS = 50;
/** More than so many at once are told as «anything»: the inbox is read anew anyway. */
const TOLD_MAX = 100;
/** A reader that takes nothing must not fill the memory. */
const UNREAD_BYTES_MAX = 64 * 1024;

/** The person of a stream, and the cookie that must stay good for as long as it runs. */
export interface StreamOwner {
  readonly person: string;
  readonly session: string;
  readonly cookie: string | undefined;
}

/** Server-sent events about the escalations that a person may read, for as long as their session lives. */
@Injectable()
export class InboxStreams implements BeforeApplicationShutdown {
  private readonly open = new Set<InboxStream>();
  private beating: NodeJS.Timeout | undefined;

  constructor(
    private readonly signal: ChangeSignal,
    private readonly inbox: ReadInbox,
    private readonly sessions: Sessions,
  ) {}

  /** False when the session has as many streams as one may have. */
  hasRoom(session: string): boolean {
    return [...this.open].filter((stream) => stream.owner.session === session).length < LIMITS.streamsPerSessionMax;
  }

  /** Sends events on a response whose head is written, until either side or the session ends it. */
  serve(owner: StreamOwner, response: ServerResponse): void {
    // A reader that left while their session was looked up: its end was told already, and is not told again.
    if (response.destroyed) return;
    const stream = new InboxStream(
      owner,
      response,
      async (ids) => {
        if ((await this.sessions.current(owner.cookie)) === null) return null;
        return ids.length === 0 ? [] : this.inbox.readable(owner.person, ids);
      },
      (heard) => this.signal.watch(heard),
    );
    this.open.add(stream);
    // One clock for all: a page that hears nothing for longer than two beats says that nothing comes through.
    this.beating ??= setInterval(() => this.open.forEach((each) => each.beat()), LIMITS.streamBeatMs);
    response.on('close', () => {
      this.open.delete(stream);
      if (this.open.size > 0) return;
      clearInterval(this.beating);
      this.beating = undefined;
    });
  }

  /** Ends what a session that was ended here still reads; streams elsewhere ask at their next word. */
  endOf(session: string): void {
    for (const stream of [...this.open]) if (stream.owner.session === session) stream.end();
  }

  beforeApplicationShutdown(): void {
    for (const stream of [...this.open]) stream.end();
  }
}

/** Those of these escalations that this person may be told of; `null` when the session is over. */
type Judge = (escalationIds: readonly string[]) => Promise<readonly string[] | null>;

class InboxStream {
  private changed = new Set<string>();
  private anything = false;
  private gathering: NodeJS.Timeout | undefined;
  private telling = false;

  constructor(
    readonly owner: StreamOwner,
    private readonly response: ServerResponse,
    private readonly judge: Judge,
    watch: (heard: (escalation: string | null) => void) => () => void,
  ) {
    const stop = watch((escalation) => this.hear(escalation));
    const checking = setInterval(() => void this.tell(true), LIMITS.streamHeartbeatSeconds * 1000);
    response.on('close', () => {
      stop();
      clearInterval(checking);
      clearTimeout(this.gathering);
    });
    this.write(': open\n\n');
  }

  end(): void {
    this.response.end();
  }

  /** Tells that the stream comes through, and asks nobody. */
  beat(): void {
    this.write(eventText('beat', {}));
  }

  private hear(escalation: string | null): void {
    if (escalation === null || this.changed.size >= TOLD_MAX) this.anything = true;
    else this.changed.add(escalation);
    this.gathering ??= setTimeout(() => void this.tell(false), GATHER_MS);
  }

  /** Tells what has gathered, or only asks for the session. One at a time: what comes meanwhile waits for the next. */
  private async tell(onlyAsks: boolean): Promise<void> {
    if (!onlyAsks) this.gathering = undefined;
    if (this.telling) return;
    this.telling = true;
    const [ids, anything] = [[...this.changed], this.anything];
    this.changed = new Set();
    this.anything = false;
    try {
      const told = await this.judge(anything ? [] : ids);
      if (told === null) return this.end();
      for (const escalation of anything ? [null] : told) this.write(eventText('changed', { escalation }));
    } catch {
      // The store is away: whoever reads comes back and reads everything anew.
      this.end();
    } finally {
      this.telling = false;
      if (this.changed.size > 0 || this.anything) this.gathering ??= setTimeout(() => void this.tell(false), GATHER_MS);
    }
  }

  private write(text: string): void {
    if (this.response.writableEnded) return;
    if (this.response.writableLength > UNREAD_BYTES_MAX) this.response.destroy();
    else this.response.write(text);
  }
}
