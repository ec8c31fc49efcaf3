import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import type { PeerGiven } from './oidc-peer.js';
import { ASSERTION_TYPE, assertionOf, basic, type Party } from './parties.js';
import { POOL_SIZE } from './server.js';
import type { Sending } from './wire.js';

/** `oidc-provider` in a process of its own, on a database of its own on the same server. */
export interface Peer {
  readonly base: string;
  readonly pid: number;
  /** From its start until it answers. */
  readonly readyMs: number;
  close(): Promise<void>;
}

const SECRET = 'a-secret-of-the-bench-0123456789-abcdef';
const JWT_AUDIENCE = 'https://jwt.example';

/** Starts it with these as its clients. */
export async function startPeer(parties: readonly Party[]): Promise<Peer> {
  const database = await makeDatabase();
  const given: PeerGiven = {
    databaseUrl: database.url,
    connections: POOL_SIZE,
    verifierSecret: SECRET,
    clients: parties.map(({ id, publicJwk }) => ({ id, jwk: publicJwk })),
  };
  const began = performance.now();
  const program = ['tools/start.mjs', 'dist/test/bench/sides/oidc-peer.js', JSON.stringify(given)];
  const child = spawn(process.execPath, program, { stdio: ['ignore', 'pipe', 'ignore'] });
  const gone = once(child, 'exit');
  const close = async (): Promise<void> => {
    child.kill('SIGKILL');
    await gone;
    await database.drop();
  };
  const told = once(child.stdout, 'data');
  const ended = gone.then(() => Promise.reject(new Error('oidc-provider did not start')));
  ended.catch(() => undefined);
  const first = await Promise.race([told, ended]).catch(async (fault: unknown) => {
    await close();
    throw fault;
  });
  return { base: String(first[0]).trim(), pid: child.pid as number, readyMs: performance.now() - began, close };
}

/** What the peer is asked for, ready to be sent once. */
export class PeerRequests {
  constructor(
    private readonly base: string,
    private readonly parties: readonly Party[],
  ) {}

  /** An access token by `private_key_jwt`. */
  token(index: number, format: 'jwt' | 'opaque'): Sending {
    const more = { grant_type: 'client_credentials', scope: 'payment.read', resource: `https://${format}.example` };
    return this.form('/token', index, more);
  }

  /** With the hint that spares it looking elsewhere. */
  introspection(token: string): Sending {
    const body = new URLSearchParams({ token, token_type_hint: 'client_credentials' }).toString();
    return { path: '/token/introspection', body, headers: basic('verifier', SECRET) };
  }

  /** Asks bob for it (CIBA). */
  backchannel(index: number): Sending {
    const more = { scope: 'openid payment.read', login_hint: 'bob', resource: JWT_AUDIENCE };
    return this.form('/backchannel', index, more);
  }

  /** Bob allows it; see oidc-peer.ts. */
  approval(index: number, id: string): Sending {
    return { path: '/approve', body: JSON.stringify({ id, clientId: this.party(index).id }) };
  }

  /** Collects what bob allowed, by its id; signed now. */
  collection(index: number): (id: string) => Sending {
    const signed = this.form('/token', index, {
      grant_type: 'urn:openid:params:grant-type:ciba',
      resource: JWT_AUDIENCE,
    });
    return (id) => ({ ...signed, body: `${signed.body}&auth_req_id=${encodeURIComponent(id)}` });
  }

  private form(path: string, index: number, more: Record<string, string>): Sending {
    const client_assertion = assertionOf(this.party(index), this.base);
    const body = new URLSearchParams({ ...more, client_assertion_type: ASSERTION_TYPE, client_assertion });
    return { path, body: body.toString() };
  }

  private party(index: number): Party {
    return this.parties[index % this.parties.length] as Party;
  }
}

async function makeDatabase(): Promise<{ url: string; drop(): Promise<void> }> {
  const server = process.env['WRIT_TEST_SERVER_URL'] ?? '';
  const name = `writ_peer_${randomBytes(6).toString('hex')}`;
  const run = async (statement: string): Promise<void> => {
    const client = new pg.Client({ connectionString: server });
    await client.connect();
    await client.query(statement).finally(() => client.end());
  };
  await run(`create database ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => run(`drop database if exists ${name} with (force)`) };
}
