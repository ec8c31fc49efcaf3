// Jest's runner for one file, but the file is loaded by Node itself, as `npm start` loads the broker: compiled, and every
// module that an earlier file of this worker has loaded is there already, warm. Jest's own loader would read, link and
// compile all of Nest, Prisma and Bolt anew for each file.
import { createRequire, register } from 'node:module';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { run as become } from './globals.mjs';

const require = createRequire(import.meta.url);
const { default: circus } = require('jest-circus/runner');

register('./hooks.mjs', import.meta.url);

const OF_A_FILE = ['EVENT_HANDLERS', 'JEST_STATE_SYMBOL'];

/** How often this worker has run a file: under `--watch` more than once. */
const runs = new Map();

/** What Jest calls for each file; its arguments and its answer are Jest's. */
export default async function runInNode(globalConfig, config, environment, runtime, testPath, tell) {
  const native = Object.assign(Object.create(runtime), {
    requireInternalModule: requireAnew,
    requireModule: require,
    setGlobalsForRuntime: become,
    unstable_shouldLoadAsEsm: () => true,
    unstable_importModule: (path) => import(compiled(config.rootDir, path)),
  });
  try {
    return await circus(globalConfig, config, environment, native, testPath, tell);
  } finally {
    process.exitCode = undefined;
  }
}

/** Circus keeps its state and its listeners for a process: a file that follows gets its own. */
function requireAnew(path) {
  for (const symbol of Object.getOwnPropertySymbols(globalThis))
    if (OF_A_FILE.includes(symbol.description)) delete globalThis[symbol];
  delete require.cache[path];
  return require(path);
}

function compiled(rootDir, path) {
  const file = join(rootDir, 'dist', relative(rootDir, path).replace(/\.tsx?$/, '.js'));
  const times = (runs.get(file) ?? 0) + 1;
  runs.set(file, times);
  return pathToFileURL(file).href + (times > 1 ? `?run=${times}` : '');
}
