// Starts one program: `node tools/start.mjs <program.js> …`. Server, CLI, Jest and image all go through here.
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { setFlagsFromString } from 'node:v8';

/** Node 20's V8 crashed where Prisma's and Cedar's WebAssembly ran together under load; inlining such calls is why. */
export const V8_FLAGS = Number.parseInt(process.versions.node, 10) < 22 ? ['--no-turbo-inline-js-wasm-calls'] : [];
for (const flag of V8_FLAGS) setFlagsFromString(flag);

/** Runs a compiled program in this process, with `args` as its command line. */
export async function start(program, args) {
  process.argv.splice(1, Infinity, resolve(program), ...args);
  await import(pathToFileURL(process.argv[1]).href);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [program, ...args] = process.argv.slice(2);
  await start(program, args);
}
