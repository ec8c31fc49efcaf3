import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAbandoned, liveHolder, takeBrokerLock } from './broker-lock.js';
import { EmbeddedAlreadyRunning } from './errors.js';
import { identityOf } from './process-identity.js';

describe('the broker lock', () => {
  let dataDir: string;
  const path = (): string => join(dataDir, 'broker.lock');

  beforeEach(() => {
    dataDir = mkdtempSync(join(realpathSync(tmpdir()), 'writ-lock-'));
  });
  afterEach(() => rmSync(dataDir, { recursive: true }));

  it('is held by one process at a time, and the refusal names it', async () => {
    const lock = await takeBrokerLock(dataDir);
    await expect(takeBrokerLock(dataDir)).rejects.toMatchObject({ name: 'EmbeddedAlreadyRunning', pid: process.pid });
    lock.release();
    expect(existsSync(path())).toBe(false);
    (await takeBrokerLock(dataDir)).release();
  });

  it('goes to exactly one of many that find it left by a dead broker', async () => {
    writeFileSync(path(), JSON.stringify({ ...identityOf(process.pid), startedAt: 'an earlier boot', dataDir }));
    expect(isAbandoned(dataDir)).toBe(true);
    const results = await Promise.allSettled(Array.from({ length: 8 }, () => takeBrokerLock(dataDir)));
    const refused = results.filter((result) => result.status === 'rejected').map((result) => result.reason as unknown);
    expect(refused).toHaveLength(7);
    for (const reason of refused) expect(reason).toBeInstanceOf(EmbeddedAlreadyRunning);
    expect(liveHolder(dataDir)?.pid).toBe(process.pid);
  });

  it('is void in a copy of the folder it was taken for', async () => {
    writeFileSync(path(), JSON.stringify({ ...identityOf(process.pid), dataDir: '/the/original' }));
    const lock = await takeBrokerLock(dataDir);
    expect(JSON.parse(readFileSync(path(), 'utf8'))).toMatchObject({ dataDir });
    lock.release();
  });

  it('is void when a power cut left it empty', async () => {
    writeFileSync(path(), '');
    (await takeBrokerLock(dataDir)).release();
  });
});
