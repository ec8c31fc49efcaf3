import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { LOGGED_EVENTS } from '../../apps/broker/src/observation/business-lines.js';
import { START_FAULTS } from '../../apps/broker/src/start-fault.js';

const [, logs = ''] = /^## Logs\n([\s\S]+)/m.exec(readFileSync('docs/observability.md', 'utf8')) ?? [];

describe('docs/observability.md', () => {
  it('has every event that has a line in the log, and no other', () => {
    const firstCells = [...logs.matchAll(/^\| (`[^|]+?)\s*\|/gm)].map(([, cell = '']) => cell);
    const named = firstCells.flatMap((cell) => [...cell.matchAll(/`([a-z_]+\.[a-z_]+)`/g)].map(([, name]) => name));
    expect(named.sort()).toEqual([...LOGGED_EVENTS].sort());
  });

  it('has every code of a start that fails, and no other', () => {
    const [, listed = ''] = /`code` is one of (.+?), which alone has a `stack`/.exec(logs) ?? [];
    expect([...listed.matchAll(/`([a-z_]+)`/g)].map(([, code]) => code).sort()).toEqual([...START_FAULTS].sort());
  });
});
