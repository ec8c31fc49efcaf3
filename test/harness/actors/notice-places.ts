import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';

/** A delivery to a webhook as it came over the wire. */
export interface Delivered {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** What it was answered. */
  readonly status: number;
}

/** A stranger's webhook receiver on this machine. */
export interface HookReceiver {
  readonly url: string;
  readonly deliveries: readonly Delivered[];
  /** Answers the next deliveries so, the others 204. */
  refuse(...statuses: number[]): void;
  /** Answers every delivery so until told otherwise; 204 at first. */
  answerWith(status: number): void;
  close(): Promise<void>;
}

export async function startHookReceiver(): Promise<HookReceiver> {
  const deliveries: Delivered[] = [];
  const refusals: number[] = [];
  let usual = 204;
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
    request.on('end', () => {
      const status = refusals.shift() ?? usual;
      deliveries.push({ headers: request.headers, body, status });
      response.writeHead(status).end();
    });
  });
  const port = await listening(server);
  return {
    url: `http://localhost:${port}/hook`,
    deliveries,
    refuse: (...statuses) => void refusals.push(...statuses),
    answerWith: (status) => void (usual = status),
    close: () => closed(server),
  };
}

export interface Mail {
  readonly to: readonly string[];
  readonly subject: string;
  /** The whole message, headers and all, soft line breaks undone. */
  readonly text: string;
}

/** A mail server that keeps what it is given. */
export interface MailServer {
  readonly url: string;
  readonly mails: readonly Mail[];
  close(): Promise<void>;
}

export async function startMailServer(): Promise<MailServer> {
  const mails: Mail[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8').replaceAll('=\r\n', '');
        const subject = /^Subject: (.*(?:\r\n[ \t].*)*)/m.exec(text)?.[1] ?? '';
        const to = session.envelope.rcptTo.map((recipient) => recipient.address);
        mails.push({ to, subject: subject.replace(/\r\n[ \t]/g, ' '), text });
        done();
      });
    },
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.server.address() as AddressInfo;
  return {
    url: `smtp://127.0.0.1:${port}`,
    mails,
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
