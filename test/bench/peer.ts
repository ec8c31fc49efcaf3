import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { SignJWT } from 'jose';
import type { KeyPair } from '../harness/world/world.js';
import type { Sending } from './wire.js';

/** `oidc-provider` in a process of its own. */
export interface Peer {
  readonly base: string;
  /** Asks for an access token by `private_key_jwt`, ready to be sent once. */
  tokenRequest(format: 'jwt' | 'opaque'): Promise<Sending>;
  introspection(token: string): Sending;
  close(): Promise<void>;
}

/** As its program was started with; see oidc-peer.ts. */
const SECRET = 'a-secret-of-the-bench-0123456789-abcdef';

/** Starts it with this key pair as its client's. */
export async function startPeer(keys: KeyPair): Promise<Peer> {
  const program = ['tools/start.mjs', 'dist/test/bench/oidc-peer.js', JSON.stringify(keys.publicJwk)];
  const child = spawn(process.execPath, program, { stdio: ['ignore', 'pipe', 'ignore'] });
  const gone = once(child, 'exit');
  const told = once(child.stdout, 'data');
  const first = await Promise.race([told, gone.then(() => Promise.reject(new Error('oidc-provider did not start')))]);
  const base = String(first[0]).trim();
  return {
    base,
    tokenRequest: async (format) => ({
      path: '/token',
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        scope: 'payment.read',
        resource: `https://${format}.example`,
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: await assertion(base, keys),
      }).toString(),
    }),
    introspection: (token) => ({
      path: '/token/introspection',
      body: new URLSearchParams({ token }).toString(),
      headers: { authorization: `Basic ${Buffer.from(`verifier:${SECRET}`).toString('base64')}` },
    }),
    close: async () => {
      child.kill('SIGKILL');
      await gone;
    },
  };
}

function assertion(issuer: string, { kid, privateKey }: KeyPair): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  return new SignJWT({ iss: 'agent', sub: 'agent', aud: issuer, iat: now, exp: now + 60, jti: randomUUID() })
    .setProtectedHeader({ alg: 'ES256', kid })
    .sign(privateKey);
}
