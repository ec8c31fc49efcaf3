#!/usr/bin/env node
// The command `writ`. In a fresh clone it first sets the clone up; in production it runs what is there.
import { join } from 'node:path';
import { ensureSetUp } from './setup.mjs';
import { ROOT } from './setup-stamps.mjs';
import { start } from './start.mjs';

await ensureSetUp({ ships: true });
await start(join(ROOT, 'dist/apps/cli/src/main.js'), process.argv.slice(2));
