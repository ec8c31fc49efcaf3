#!/usr/bin/env node
// `writ` where everything is built already: the image and the packed broker.
import { fileURLToPath } from 'node:url';
import { start } from './start.mjs';

await start(fileURLToPath(new URL('../dist/apps/cli/src/main.js', import.meta.url)), process.argv.slice(2));
