// `node tools/verify.mjs [step …]`: without a step, all that CI runs, in this order, the tests last and in any case.
import { spawn } from 'node:child_process';
import { ensureSetUp } from './setup.mjs';
import { ROOT } from './setup-stamps.mjs';

const PRETTIER = ['node_modules/prettier/bin/prettier.cjs'];

const STEPS = {
  types: [['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json', '--noEmit', '--incremental', 'false']],
  lint: [
    ['node_modules/eslint/bin/eslint.js', '--max-warnings', '0', '.'],
    [...PRETTIER, '--check', '--log-level', 'warn', '.'],
  ],
  deps: [
    [
      'node_modules/dependency-cruiser/bin/dependency-cruise.mjs',
      '--output-type',
      'err-long',
      'apps',
      'libs',
      'packages',
      'test',
    ],
  ],
  openapi: [['tools/openapi.mjs', '--check']],
  schema: [['tools/schema-check.mjs']],
  // Ratios of the hot verbs against the committed ones, under three minutes; what fell is measured again before it fails.
  bench: [['tools/run.mjs', 'bench', '--short']],
  test: [['tools/run.mjs', 'test']],
};
const WRITING = { format: [[...PRETTIER, '--write', '--log-level', 'warn', '.']] };

const steps = process.argv.slice(2);
const unknown = steps.filter((step) => !Object.hasOwn(STEPS, step) && !Object.hasOwn(WRITING, step));
if (unknown.length > 0) {
  process.stderr.write(`Usage: node tools/verify.mjs [${Object.keys({ ...STEPS, ...WRITING }).join('|')}] …\n`);
  process.exit(2);
}
await ensureSetUp({ build: false });

let child;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    child?.kill(signal);
    process.exit(signal === 'SIGINT' ? 130 : 143);
  });
}

const failed = [];
for (const step of steps.length > 0 ? steps : Object.keys(STEPS)) {
  const began = performance.now();
  process.stderr.write(`verify: ${step}…\n`);
  const passes = await succeeds({ ...STEPS, ...WRITING }[step]);
  if (!passes) failed.push(step);
  process.stderr.write(
    `verify: ${step} ${passes ? 'passes' : 'FAILS'} (${((performance.now() - began) / 1000).toFixed(1)} s)\n`,
  );
}
process.stderr.write(failed.length === 0 ? 'verify: all pass\n' : `verify: failed: ${failed.join(', ')}\n`);
process.exit(failed.length === 0 ? 0 : 1);

/** Every command of a step runs, so that one run shows everything that is wrong. */
async function succeeds(commands) {
  let good = true;
  for (const command of commands) good = (await exitCode(command)) === 0 && good;
  return good;
}

function exitCode(command) {
  child = spawn(process.execPath, command, { cwd: ROOT, stdio: 'inherit' });
  return new Promise((resolve) => {
    child.once('error', () => resolve(1));
    child.once('exit', (code) => resolve(code ?? 1));
  });
}
