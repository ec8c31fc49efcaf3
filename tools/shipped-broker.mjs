#!/usr/bin/env node
// `writ-broker` of the packed broker.
import { fileURLToPath } from 'node:url';
import { endWithParent } from './end-with-parent.mjs';
import { start } from './start.mjs';

endWithParent();
await start(fileURLToPath(new URL('../dist/apps/broker/src/main.js', import.meta.url)), process.argv.slice(2));
