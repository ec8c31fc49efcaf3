// `node tools/run.mjs <name> …`: sets the clone up where stale, then runs one of these programs.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { endWithParent } from './end-with-parent.mjs';
import { ensureSetUp } from './setup.mjs';
import { ROOT } from './setup-stamps.mjs';
import { start, V8_FLAGS } from './start.mjs';

const PROGRAMS = {
  broker: program('dist/apps/broker/src/main.js'),
  demo: program('dist/apps/demo/src/main.js'),
  'local-slack': program('dist/packages/local-slack/src/main.js'),
  bench: program('dist/test/bench/main.js'),
  test: tests,
  races: jest('--testPathPatterns', 'test/races/'),
  crash: jest('--testPathPatterns', 'test/crash/'),
  soak: soak('--testPathPatterns', 'test/soak/'),
  fuzz: jest('--testPathPatterns', 'test/fuzz/'),
};

const [name, ...args] = process.argv.slice(2);
const run = Object.hasOwn(PROGRAMS, name ?? '') ? PROGRAMS[name] : undefined;
if (run === undefined) {
  process.stderr.write(`Usage: node tools/run.mjs ${Object.keys(PROGRAMS).join('|')} …\n`);
  process.exit(2);
}
endWithParent();
await ensureSetUp({ ships: name === 'broker' || name === 'local-slack' });
await run(args);

/** In this process, so that a signal for it needs no forwarding. */
function program(path) {
  return (given) => start(join(ROOT, path), given);
}

/**
 * Crashes and the soak take their time: without a name or a flag they are left to their own commands, and of races and fuzz
 * a first round is run: each race once in every place, in turn with the other contender first. CI runs them in full.
 */
function tests(given) {
  if (given.length === 0 && process.env.CI === undefined) {
    process.env.WRIT_ROUNDS ??= '1';
    process.env.WRIT_FUZZ_SECONDS ??= '4';
  }
  const all = given.length > 0 ? [] : ['--testPathIgnorePatterns', '/node_modules/', 'test/(crash|soak)/'];
  return jest(...all)(given);
}

/** Ten minutes, unless WRIT_SOAK_SECONDS says otherwise; without that variable Jest does not see the soak at all. */
function soak(...fixed) {
  return (given) => {
    process.env.WRIT_SOAK_SECONDS ??= '600';
    return jest(...fixed)(given);
  };
}

/** Jest needs flags that only a new process takes. */
function jest(...fixed) {
  return async (given) => {
    // Whoever must count the tests (.ci/run) names a file for Jest's own results.
    const results = process.env.TEST_RESULTS_FILE;
    const told = results === undefined ? [] : ['--json', '--outputFile', results];
    const command = ['node_modules/jest/bin/jest.js', '--config', 'jest.config.mjs', ...told, ...fixed, ...given];
    const child = spawn(process.execPath, [...V8_FLAGS, ...command], { cwd: ROOT, stdio: 'inherit' });
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
    const [code, signal] = await new Promise((resolve) => child.once('exit', (...how) => resolve(how)));
    process.exit(code ?? (signal === 'SIGINT' ? 130 : 143));
  };
}
