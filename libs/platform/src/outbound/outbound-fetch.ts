import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { LIMITS } from '#domain/limits.js';
import { LATE, within } from '#domain/within.js';
import {
  OutboundFetch,
  type FetchFault,
  type OutboundAnswer,
  type OutboundExchange,
  type OutboundMessage,
} from '#identity/ports.js';
import { isLoopbackHost, withoutBrackets } from './network-addresses.js';
import { NO_PROXIES, type ProxyRules } from './outbound-proxies.js';
import { isLoopbackAddress, isPublicAddress } from './outbound-addresses.js';

/** All addresses of a host name. */
export type Resolver = (host: string) => Promise<readonly LookupAddress[]>;

/**
 * The rules for every fetch of somebody else's document (contract section 9), in one place: https; each address of the
 * name judged, then only those connected to, so that a second answer of DNS changes nothing; no redirect; 2 seconds and
 * 256 KiB for all of it. Callers name only hosts that the operator has registered.
 */
export class GuardedFetch extends OutboundFetch implements OutboundExchange {
  /**
   * @param brokerHost host of the broker's own issuer: only a broker on loopback may fetch from loopback, there by http too
   * @param resolve how names become addresses; an argument so that a test can answer twice
   * @param proxies what the environment wants sent through a proxy, which would connect to whatever it likes: refused
   */
  constructor(
    brokerHost: string,
    private readonly resolve: Resolver = (host) => lookup(host, { all: true }),
    private readonly proxies: ProxyRules = NO_PROXIES,
  ) {
    super();
    this.mayLoop = isLoopbackHost(brokerHost);
  }
  private readonly mayLoop: boolean;

  override get(url: string): Promise<Uint8Array | FetchFault> {
    return this.ask(url, { method: 'GET', headers: { accept: 'application/json' } }, bodyOf);
  }

  /**
   * Sends a document by the same rules.
   * @param url written by the operator
   * @param headers beside those that every fetch sends
   * @returns `accepted` when the answer is 2xx; its body is not read
   */
  post(url: string, body: string, headers: Readonly<Record<string, string>>): Promise<'accepted' | FetchFault> {
    return this.ask(url, { method: 'POST', headers: { ...headers }, body }, acceptance);
  }

  exchange(url: string, message: OutboundMessage): Promise<OutboundAnswer | FetchFault> {
    return this.ask(url, message, wholeAnswer);
  }

  private async ask<T>(
    url: string,
    message: OutboundMessage,
    read: (answer: IncomingMessage) => Promise<T | FetchFault>,
  ): Promise<T | FetchFault> {
    if (!URL.canParse(url)) return { fault: 'no URL' };
    const target = new URL(url);
    const loopback = this.mayLoop && isLoopbackHost(target.hostname);
    if (target.protocol !== 'https:' && !(loopback && target.protocol === 'http:')) return { fault: 'not https' };
    if (target.username !== '' || target.password !== '') return { fault: 'credentials in the URL' };
    const proxy = this.proxies.variableFor(target);
    if (proxy !== null) return { fault: `${proxy} is set, which Writ does not honour; name the host in NO_PROXY` };
    const deadline = AbortSignal.timeout(LIMITS.outboundSeconds * 1000);
    try {
      // A look-up cannot be called off, only left alone.
      const addresses = await within(LIMITS.outboundSeconds * 1000, this.addressesOf(withoutBrackets(target.hostname)));
      if (addresses === LATE) return { fault: 'too slow' };
      const fit = loopback ? isLoopbackAddress : isPublicAddress;
      // One forbidden address among public ones is how a rebinding name looks.
      if (addresses.length === 0 || !addresses.every(({ address }) => fit(address)))
        return { fault: 'an address that is not fetched from' };
      return await read(await answerOf(target, message, addresses, deadline));
    } catch (error) {
      return { fault: deadline.aborted ? 'too slow' : codeOf(error) };
    }
  }

  private async addressesOf(host: string): Promise<readonly LookupAddress[]> {
    const family = isIP(host);
    return family === 0 ? this.resolve(host) : [{ address: host, family }];
  }
}

function answerOf(
  target: URL,
  { method, headers, body }: OutboundMessage,
  addresses: readonly LookupAddress[],
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const options: RequestOptions = {
    lookup: pinnedTo(addresses),
    signal,
    agent: false,
    method,
    headers: {
      ...headers,
      'accept-encoding': 'identity',
      'user-agent': 'writ',
      ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }),
    },
  };
  return new Promise((resolve, reject) => {
    const send = target.protocol === 'https:' ? httpsRequest : httpRequest;
    send(target, options)
      .once('response', resolve)
      .once('upgrade', (answer, socket) => {
        socket.destroy();
        reject(Object.assign(new Error('no document'), { code: `answered ${answer.statusCode}` }));
      })
      .on('error', reject)
      // However else it ends without an answer: a promise that nobody settles would be waited for without end.
      .once('close', () => reject(new Error('closed')))
      .end(body);
  });
}

/** Answers a socket's look-up from what was judged, in either of the two forms that Node asks for. */
function pinnedTo(addresses: readonly LookupAddress[]): LookupFunction {
  const [first] = addresses as readonly [LookupAddress, ...LookupAddress[]];
  return (_host, options, callback) => {
    if (options.all === true) callback(null, [...addresses]);
    else callback(null, first.address, first.family);
  };
}

async function bodyOf(answer: IncomingMessage): Promise<Uint8Array | FetchFault> {
  if (answer.statusCode === 200) return collected(answer);
  answer.destroy();
  return { fault: `answered ${answer.statusCode}` };
}

async function wholeAnswer(answer: IncomingMessage): Promise<OutboundAnswer | FetchFault> {
  const body = await collected(answer);
  if ('fault' in body) return body;
  const headers = Object.entries(answer.headers).map(([name, value]) => [name, String(value)] as const);
  return { status: answer.statusCode ?? 0, headers: Object.fromEntries(headers), body };
}

async function collected(answer: IncomingMessage): Promise<Uint8Array<ArrayBuffer> | FetchFault> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > LIMITS.outboundBytesMax) return { fault: 'larger than 256 KiB' };
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  } finally {
    answer.destroy();
  }
}

function acceptance(answer: IncomingMessage): Promise<'accepted' | FetchFault> {
  const status = answer.statusCode ?? 0;
  answer.destroy();
  return Promise.resolve(status >= 200 && status < 300 ? 'accepted' : { fault: `answered ${status}` });
}

function codeOf(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  return typeof code === 'string' ? code : 'not reachable';
}
