import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as listenBare, type AddressInfo, type Server as BareServer, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { isPublicAddress } from './outbound-addresses.js';
import { GuardedFetch, type Resolver } from './outbound-fetch.js';

/** A listener that stands for everything inside: whoever connects to it, in whatever protocol, got past the guard. */
let server: Server;
let port = 0;
let hits = 0;
let answer: RequestListener = (_request, response) => void response.end('{}');

beforeAll(async () => {
  server = createServer((request, response) => answer(request, response));
  server.on('connection', () => (hits += 1));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ({ port } = server.address() as AddressInfo);
});
afterEach(() => {
  hits = 0;
  answer = (_request, response) => void response.end('{}');
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const at = (...addresses: string[]): Resolver => {
  return async () => addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
};

describe('a broker on a public name', () => {
  const FORBIDDEN = 'an address that is not fetched from';

  it.each([
    ['http://localhost:PORT/', 'not https'],
    ['http://issuer.example:PORT/', 'not https'],
    ['file:///etc/passwd', 'not https'],
    ['gopher://127.0.0.1:PORT/', 'not https'],
    ['https://user@issuer.example:PORT/', 'credentials in the URL'],
    ['no url', 'no URL'],
    ['https://localhost:PORT/', FORBIDDEN],
    ['https://127.0.0.1:PORT/', FORBIDDEN],
    ['https://127.1:PORT/', FORBIDDEN],
    ['https://2130706433:PORT/', FORBIDDEN],
    ['https://0x7f000001:PORT/', FORBIDDEN],
    ['https://0177.0.0.1:PORT/', FORBIDDEN],
    ['https://0.0.0.0:PORT/', FORBIDDEN],
    ['https://[::1]:PORT/', FORBIDDEN],
    ['https://[::]:PORT/', FORBIDDEN],
    ['https://[::ffff:127.0.0.1]:PORT/', FORBIDDEN],
    ['https://[::ffff:7f00:1]:PORT/', FORBIDDEN],
    ['https://[64:ff9b::7f00:1]:PORT/', FORBIDDEN],
    ['https://[2002:7f00:1::]:PORT/', FORBIDDEN],
    ['https://169.254.169.254/latest/meta-data/', FORBIDDEN],
    ['https://[fd00:ec2::254]/', FORBIDDEN],
    ['https://10.0.0.1/', FORBIDDEN],
  ])('reaches nothing inside by %s: %s', async (template, fault) => {
    const outbound = new GuardedFetch('writ.example', at('127.0.0.1'));
    expect(await outbound.get(template.replace('PORT', String(port)))).toEqual({ fault });
    expect(hits).toBe(0);
  });

  it('asks no resolver about an address that is written in the URL', async () => {
    const outbound = new GuardedFetch('writ.example', at('93.184.216.34'));
    expect(await outbound.get(`https://127.0.0.1:${port}/`)).toEqual({ fault: FORBIDDEN });
    expect(hits).toBe(0);
  });

  it.each([
    ['loopback', ['127.0.0.1']],
    ['a private address', ['192.168.1.7']],
    ['the metadata service', ['169.254.169.254']],
    ['a mapped loopback', ['::ffff:127.0.0.1']],
    ['a public and a private address', ['93.184.216.34', '127.0.0.1']],
    ['nothing', []],
  ])('does not connect to a name that means %s', async (_case, addresses) => {
    const outbound = new GuardedFetch('writ.example', at(...addresses));
    expect(await outbound.get(`https://rebound.example:${port}/`)).toEqual({ fault: FORBIDDEN });
    expect(hits).toBe(0);
  });
});

describe('a broker on loopback', () => {
  const outbound = new GuardedFetch('localhost');

  it('fetches from loopback by http, as development does', async () => {
    expect(Buffer.from((await outbound.get(`http://localhost:${port}/keys`)) as Uint8Array).toString()).toBe('{}');
    expect(hits).toBe(1);
  });

  it('looks a name up once and connects to what it was told then', async () => {
    // Nobody but the resolver says that `localhost` is there: a second look-up, by the socket itself, finds nobody.
    const elsewhere = createServer((_request, response) => response.end('"pinned"'));
    await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.2', resolve));
    const url = `http://localhost:${(elsewhere.address() as AddressInfo).port}/`;
    let lookups = 0;
    const rebinding = new GuardedFetch('localhost', async () => {
      lookups += 1;
      return [{ address: '127.0.0.2', family: 4 }];
    });
    const got = await rebinding.get(url);
    await new Promise((resolve) => elsewhere.close(resolve));
    expect({ got: 'fault' in got ? got : Buffer.from(got).toString(), lookups }).toEqual({
      got: '"pinned"',
      lookups: 1,
    });
  });

  it.each([['10.0.0.1'], ['169.254.169.254'], ['93.184.216.34']])('takes %s for no loopback', async (address) => {
    expect(await new GuardedFetch('localhost', at(address)).get(`http://localhost:${port}/`)).toEqual({
      fault: 'an address that is not fetched from',
    });
    expect(hits).toBe(0);
  });

  it('does not take a foreign name that means loopback for loopback', async () => {
    const rebound = new GuardedFetch('localhost', at('127.0.0.1'));
    expect(await rebound.get(`https://rebound.example:${port}/`)).toEqual({
      fault: 'an address that is not fetched from',
    });
    expect(await rebound.get(`http://rebound.example:${port}/`)).toEqual({ fault: 'not https' });
    expect(hits).toBe(0);
  });

  it('follows no redirect', async () => {
    answer = (request, response) =>
      request.url === '/inside' ? response.end('secret') : response.writeHead(302, { location: '/inside' }).end();
    expect(await outbound.get(`http://localhost:${port}/`)).toEqual({ fault: 'answered 302' });
    expect(hits).toBe(1);
  });

  it('reads 256 KiB and not a byte more', async () => {
    const bytes = 256 * 1024;
    answer = (_request, response) => response.end('x'.repeat(bytes));
    expect(await outbound.get(`http://localhost:${port}/`)).toHaveLength(bytes);
    answer = (_request, response) => response.end('x'.repeat(bytes + 1));
    expect(await outbound.get(`http://localhost:${port}/`)).toEqual({ fault: 'larger than 256 KiB' });
  });

  it('leaves a host after two seconds, whether it says nothing or never ends', async () => {
    answer = (_request, response) => void response.write('{');
    const began = performance.now();
    const silent = new GuardedFetch('writ.example', () => new Promise(() => undefined));
    const faults = await Promise.all([outbound.get(`http://localhost:${port}/`), silent.get('https://slow.example/')]);
    expect(faults).toEqual([{ fault: 'too slow' }, { fault: 'too slow' }]);
    expect(performance.now() - began).toBeLessThan(4_000);
  });

  it('says that nobody listens', async () => {
    expect(await outbound.get('http://localhost:1/')).toEqual({ fault: 'ECONNREFUSED' });
  });
});

describe('an address', () => {
  it.each(['93.184.216.34', '8.8.8.8', '172.15.0.1', '172.32.0.1', '2606:4700::1111'])('%s is public', (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });
  it.each([
    ...['0.1.2.3', '10.1.2.3', '100.64.0.1', '127.9.9.9', '169.254.1.1', '172.16.0.1', '172.31.255.255', '192.0.0.8'],
    ...['192.168.0.1', '198.18.0.1', '198.19.255.1', '203.0.113.1', '224.0.0.1', '240.0.0.1', '255.255.255.255'],
    ...[
      '::',
      '::1',
      'fe80::1',
      'fc00::1',
      'fd12::1',
      'ff02::1',
      '2001:db8::1',
      '2001::1',
      '2002:a00:1::',
      '64:ff9b::1',
    ],
    ...['::ffff:8.8.8.8', 'not an address', ''],
  ])('%s is not', (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });
});

describe('a document that is sent', () => {
  it('arrives whole at loopback for a broker on loopback, and is accepted by any 2xx', async () => {
    let seen = '';
    answer = (request, response) => {
      request.on('data', (chunk) => (seen += String(chunk)));
      request.on('end', () => response.writeHead(204).end());
    };
    const outbound = new GuardedFetch('localhost', at('127.0.0.1'));
    const sent = await outbound.post(`http://localhost:${port}/hook`, '{"é":1}', {
      'content-type': 'application/json',
    });
    expect({ sent, seen }).toEqual({ sent: 'accepted', seen: '{"é":1}' });
  });

  it.each([301, 307, 400, 410, 500])('is not accepted by %d, and no redirect is followed', async (status) => {
    answer = (_request, response) => void response.writeHead(status, { location: '/elsewhere' }).end();
    const outbound = new GuardedFetch('localhost', at('127.0.0.1'));
    expect(await outbound.post(`http://localhost:${port}/`, '{}', {})).toEqual({ fault: `answered ${status}` });
    expect(hits).toBe(1);
  });

  it('reaches nothing inside for a broker on a public name', async () => {
    const outbound = new GuardedFetch('writ.example', at('10.0.0.1'));
    expect(await outbound.post(`https://hooks.example:${port}/`, '{}', {})).toEqual({
      fault: 'an address that is not fetched from',
    });
    expect(await outbound.post(`http://localhost:${port}/`, '{}', {})).toEqual({ fault: 'not https' });
    expect(hits).toBe(0);
  });
});

describe('a host that speaks HTTP of its own', () => {
  let host: BareServer;
  let said: (socket: Socket) => void;
  let url = '';
  const open = new Set<Socket>();

  beforeAll(async () => {
    host = listenBare((socket) => {
      open.add(socket.on('error', () => undefined).once('close', () => open.delete(socket)));
      socket.once('data', () => said(socket));
    });
    await new Promise<void>((resolve) => host.listen(0, '127.0.0.1', resolve));
    url = `http://localhost:${(host.address() as AddressInfo).port}/`;
  });
  afterAll(async () => {
    open.forEach((socket) => socket.destroy());
    await new Promise((resolve) => host.close(resolve));
  });

  const outbound = new GuardedFetch('localhost', at('127.0.0.1'));
  const each = (): Promise<unknown[]> =>
    Promise.all([
      outbound.get(url),
      outbound.post(url, '{}', {}),
      outbound.exchange(url, { method: 'GET', headers: {} }),
    ]);

  it('is left when it switches protocols', async () => {
    said = (socket) => socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n');
    expect(await each()).toEqual(Array(3).fill({ fault: 'answered 101' }));
    await Promise.all([...open].map((socket) => once(socket, 'close')));
  });

  it('may say first that it will answer, and is left when it says nothing else', async () => {
    const hint = 'HTTP/1.1 103 Early Hints\r\n\r\n';
    said = (socket) => socket.end(`${hint}HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}`);
    expect(Buffer.from((await outbound.get(url)) as Uint8Array).toString()).toBe('{}');
    said = (socket) => {
      const again = setInterval(() => socket.write(hint), 50);
      socket.once('close', () => clearInterval(again));
    };
    expect(await each()).toEqual(Array(3).fill({ fault: 'too slow' }));
  });

  it('may end without an answer', async () => {
    said = (socket) => socket.end();
    expect(await each()).toEqual(Array(3).fill({ fault: 'ECONNRESET' }));
    said = (socket) => socket.end('HTTP/1.1 103 Early Hints\r\n\r\n');
    expect(await each()).toEqual(Array(3).fill({ fault: 'ECONNRESET' }));
  });
});
