import { describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { identityOf, isAlive, pidExists, worksIn } from './process-identity.js';

describe('process identity', () => {
  it('knows this process alive, and not another that had its number earlier', () => {
    const self = identityOf(process.pid);
    expect(isAlive(self)).toBe(true);
    if (self.startedAt !== null) expect(isAlive({ ...self, startedAt: 'another time' })).toBe(false);
  });

  it('knows an ended process dead', async () => {
    const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'], { stdio: ['pipe', 'ignore', 'ignore'] });
    await once(child, 'spawn');
    const identity = identityOf(child.pid ?? 0);
    expect(isAlive(identity)).toBe(true);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(isAlive(identity)).toBe(false);
  });

  it('takes no number for a process that cannot be one', () => {
    for (const pid of [0, -1, 1.5, Number.NaN]) expect(pidExists(pid)).toBe(false);
  });

  it('does not place this process in a folder it does not work in', () => {
    expect(worksIn(process.pid, '/nowhere')).not.toBe(true);
  });
});
