import { connect, type Socket } from 'node:net';

export interface Sending {
  /** POST unless told. */
  readonly method?: string;
  readonly path: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Answer {
  readonly status: number;
  readonly body: string;
}

const FORM = 'application/x-www-form-urlencoded';
const HEAD_END = Buffer.from('\r\n\r\n');

/**
 * One kept connection that asks one thing at a time, over a bare socket: a client must cost little beside what it
 * measures, and Node's own costs as much as a fast server.
 */
export class Line {
  private socket: Socket | undefined;
  private held: Buffer = Buffer.alloc(0);
  private waiting: { resolve(answer: Answer): void; reject(fault: Error): void } | undefined;

  private last: Promise<unknown> = Promise.resolve();

  constructor(private readonly url: URL) {}

  get busy(): boolean {
    return this.waiting !== undefined;
  }

  /**
   * Sends and reads the answer whole, after what was asked before. A connection that was closed while nobody used it is
   * opened again.
   */
  ask(sending: Sending): Promise<Answer> {
    const answer = this.last.then(() => this.exchange(sending));
    this.last = answer.catch(() => undefined);
    return answer;
  }

  private async exchange(sending: Sending): Promise<Answer> {
    const socket = this.socket?.writable === true ? this.socket : await this.open();
    return new Promise((resolve, reject) => {
      this.waiting = { resolve, reject };
      socket.write(this.bytesOf(sending));
    });
  }

  close(): void {
    this.socket?.destroy();
  }

  private open(): Promise<Socket> {
    const socket = connect({ host: this.url.hostname, port: Number(this.url.port), noDelay: true });
    this.socket = socket;
    this.held = Buffer.alloc(0);
    socket.on('data', (chunk) => this.take(chunk));
    const failed = (fault: Error): void => {
      if (this.socket !== socket) return;
      this.socket = undefined;
      this.waiting?.reject(fault);
      this.waiting = undefined;
    };
    socket.on('error', failed);
    socket.on('close', () => failed(new Error('the connection was closed')));
    return new Promise((resolve, reject) => {
      socket.once('connect', () => resolve(socket));
      socket.once('error', reject);
    });
  }

  private bytesOf({ method = 'POST', path, body = '', headers = {} }: Sending): string {
    const type = headers['content-type'] ?? (method === 'POST' ? FORM : undefined);
    const all = Object.entries({ ...headers, ...(type === undefined ? {} : { 'content-type': type }) });
    const length = method === 'POST' ? `content-length: ${Buffer.byteLength(body)}\r\n` : '';
    const lines = all.map(([name, value]) => `${name}: ${value}\r\n`).join('');
    return `${method} ${path} HTTP/1.1\r\nhost: ${this.url.host}\r\n${lines}${length}\r\n${body}`;
  }

  private take(chunk: Buffer): void {
    this.held = this.held.length === 0 ? chunk : Buffer.concat([this.held, chunk]);
    const headEnd = this.held.indexOf(HEAD_END);
    if (headEnd < 0) return;
    const head = this.held.toString('latin1', 0, headEnd);
    const body = bodyOf(head, this.held.subarray(headEnd + HEAD_END.length));
    if (body === null) return;
    this.held = Buffer.alloc(0);
    if (/\r\nconnection: close/i.test(head)) this.socket?.end();
    const { waiting } = this;
    this.waiting = undefined;
    waiting?.resolve({ status: Number(head.slice(9, 12)), body });
  }
}

/** The body once it is whole; null before. */
function bodyOf(head: string, rest: Buffer): string | null {
  const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1];
  if (length !== undefined) return rest.length < Number(length) ? null : rest.toString('utf8', 0, Number(length));
  if (!/\r\ntransfer-encoding: chunked/i.test(head)) return '';
  if (!rest.subarray(-5).equals(Buffer.from('0\r\n\r\n'))) return null;
  const pieces: Buffer[] = [];
  for (let at = 0; ;) {
    const line = rest.indexOf('\r\n', at);
    const size = Number.parseInt(rest.toString('latin1', at, line), 16);
    if (size === 0) return Buffer.concat(pieces).toString('utf8');
    pieces.push(rest.subarray(line + 2, line + 2 + size));
    at = line + 2 + size + 2;
  }
}

/** Kept connections to one process. */
export class Wire {
  private readonly lines: Line[];
  private turn = 0;

  constructor(
    base: string,
    readonly connections: number,
  ) {
    const url = new URL(base);
    this.lines = Array.from({ length: connections }, () => new Line(url));
  }

  /** Does `count` pieces of work, one at a time on each connection. @returns how long each took, in ms */
  async flood(count: number, work: (line: Line, index: number) => Promise<void>): Promise<number[]> {
    const took: number[] = [];
    let next = 0;
    const keepOn = async (line: Line): Promise<void> => {
      while (next < count) {
        const index = next;
        next += 1;
        const began = performance.now();
        await work(line, index);
        took.push(performance.now() - began);
      }
    };
    await Promise.all(this.lines.map(keepOn));
    return took;
  }

  /** Asks one thing over a connection that is free, or else over the next one in turn. */
  ask(sending: Sending): Promise<Answer> {
    this.turn = (this.turn + 1) % this.lines.length;
    return (this.lines.find(({ busy }) => !busy) ?? (this.lines[this.turn] as Line)).ask(sending);
  }

  close(): void {
    for (const line of this.lines) line.close();
  }
}

/** @throws with the answer unless it has this status and holds this word */
export function insist({ status, body }: Answer, expected: number, word: string): string {
  if (status !== expected || !body.includes(word)) throw new Error(`answered ${status}: ${body}`);
  return body;
}

/** Does `count` pieces of work, so many at once; the results in order. */
export async function inParallel<T>(atOnce: number, count: number, work: (index: number) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) {
      const index = next;
      next += 1;
      results[index] = await work(index);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, count) }, worker));
  return results;
}
