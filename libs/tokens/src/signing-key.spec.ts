import { randomBytes } from 'node:crypto';
import { expect, it } from '@jest/globals';
import { generateSigningKey } from './signing-key.js';

it('names no key in a way that a command line would read as an option', async () => {
  const wrapKey = randomBytes(32);
  const rows = await Promise.all(
    Array.from({ length: 400 }, () => generateSigningKey('ES256', wrapKey, randomBytes, new Date())),
  );
  expect(rows.filter((row) => row.kid.startsWith('-'))).toEqual([]);
});
