import { Agent, request } from 'node:http';

export interface Sending {
  readonly path: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A client that costs little beside what it measures: kept connections, no parsing. */
export class Wire {
  private readonly agent: Agent;

  constructor(
    private readonly base: string,
    readonly connections: number,
  ) {
    this.agent = new Agent({ keepAlive: true, maxSockets: connections });
  }

  /** Posts a form, or JSON where the headers say so. */
  post({ path, body, headers = {} }: Sending): Promise<{ status: number; body: string }> {
    return new Promise((resolve, reject) => {
      const sent = request(
        this.base + path,
        {
          agent: this.agent,
          method: 'POST',
          headers: {
            'content-type': 'application/x-www-form-urlencoded',
            'content-length': Buffer.byteLength(body),
            ...headers,
          },
        },
        (answer) => {
          let text = '';
          answer.setEncoding('utf8');
          answer.on('data', (chunk: string) => (text += chunk));
          answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body: text }));
          answer.on('error', reject);
        },
      );
      sent.on('error', reject);
      sent.end(body);
    });
  }

  /** Sends all of them over all connections at once; answers requests a second. @throws on an answer that is not `fine` */
  async perSecond(sendings: readonly Sending[], fine: (body: string) => boolean): Promise<number> {
    const began = performance.now();
    await inParallel(this.connections, sendings.length, async (index) => {
      const { status, body } = await this.post(sendings[index] as Sending);
      if (status !== 200 || !fine(body)) throw new Error(`answered ${status}: ${body}`);
    });
    return sendings.length / ((performance.now() - began) / 1000);
  }

  close(): void {
    this.agent.destroy();
  }
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
