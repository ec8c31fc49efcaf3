import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { expect, it } from '@jest/globals';

const KEYS = 12_000;

/** Node's own export of a key that it made hung after some thousand of them, for ever: nothing in this process could tell. */
it.each([
  [
    'agents and verifiers',
    `const { makePrivateJwk } = await import('#platform/config/catalog/key-pair.js');
     for (let made = 0; made < ${KEYS}; made += 1) makePrivateJwk();`,
  ],
  [
    'the broker',
    `const { generateSigningKey } = await import('#tokens/signing-key.js');
     const { randomBytes } = await import('node:crypto');
     for (let made = 0; made < ${KEYS}; made += 1)
       await generateSigningKey('ES256', Buffer.from('${randomBytes(32).toString('hex')}', 'hex'), randomBytes, new Date());`,
  ],
])('thousands of keys of %s are made while memory is collected', (_whose, program) => {
  const flags = ['--max-semi-space-size=1', '--input-type=module', '--eval', program];
  const { status, signal, stderr } = spawnSync(process.execPath, flags, { timeout: 50_000, killSignal: 'SIGKILL' });
  expect({ status, signal, stderr: String(stderr) }).toMatchObject({ status: 0, signal: null });
});
