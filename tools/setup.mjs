// What a fresh clone needs before anything runs: packages, the Prisma client, the build. Uses Node alone.
import { copyFileSync, lstatSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { withLock } from './setup-lock.mjs';
import {
  ASSET,
  buildStamp,
  builtFiles,
  clientStamp,
  consoleStamp,
  installedByHand,
  isFresh,
  missingToRun,
  packagesStamp,
  ROOT,
  whyProduction,
  write,
} from './setup-stamps.mjs';
import { runStep } from './setup-step.mjs';

const OLDEST_NODE = [20, 19];
const NPM_FLAGS = ['--ignore-scripts', '--no-audit', '--no-fund', '--include=dev', '--include=optional'];

/**
 * Brings the clone up to date, doing only what is stale; `build: false` leaves the compiled programs alone, and `ships: true`
 * says that the program needs no development package. In production nothing is installed or built.
 * Tells each long step on standard error. On failure prints why and ends the process.
 */
export async function ensureSetUp({ build = true, ships = false } = {}) {
  refuseOldNode();
  const production = whyProduction();
  if (production !== null) return refuseWhatIsMissing(production, ships);
  const steps = [installPackages, generateClient, ...(build ? [compile, buildConsole] : [])];
  if (steps.every((step) => step.isFresh())) return;
  try {
    await withLock(join(ROOT, 'dist/.setup-lock'), log, async () => {
      for (const step of steps) if (!step.isFresh()) await step.run();
    });
  } catch (error) {
    if (error.output) process.stderr.write(`${error.output}\n`);
    log(`${error.message}. Node ${process.version}, ${process.platform}-${process.arch}.`);
    process.exit(1);
  }
}

const installPackages = {
  isFresh: () => isFresh(packagesStamp()),
  async run() {
    if (!installedByHand()) {
      const step = (...args) => ({ ...npm([...args, ...NPM_FLAGS]), cwd: ROOT, env: process.env });
      try {
        await runStep('Installing packages', 'one to three minutes', log, step('ci'));
      } catch (error) {
        // A registry that lacks a package for some other platform makes `npm ci` call the whole lock incomplete.
        if (!error.output?.includes('EUSAGE')) throw error;
        await runStep(
          'Installing packages by npm install',
          'npm ci refused the lock file',
          log,
          step('install', '--no-save'),
        );
      }
    }
    linkOwnCommand();
    write(packagesStamp());
  },
};

const generateClient = {
  isFresh: () => isFresh(clientStamp()),
  run: async () => {
    // Generating runs no engine, but without this the Prisma CLI downloads one; Node stands in as an existing program.
    const env = { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, CHECKPOINT_DISABLE: '1' };
    await runNode('Generating the Prisma client', '', ['node_modules/prisma/build/index.js', 'generate'], env);
    write(clientStamp());
  },
};

const compile = {
  isFresh: () => isFresh(buildStamp()),
  async run() {
    // Taken before: a file that changes while the compiler runs makes the next command build again.
    const stamp = buildStamp();
    removeOrphans(stamp.files);
    await runNode('Building', '', ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json', '--pretty', 'false']);
    for (const file of stamp.files.filter((name) => ASSET.test(name))) {
      mkdirSync(dirname(join(ROOT, 'dist', file)), { recursive: true });
      copyFileSync(join(ROOT, file), join(ROOT, 'dist', file));
    }
    write(stamp);
  },
};

const buildConsole = {
  isFresh: () => isFresh(consoleStamp()),
  async run() {
    const stamp = consoleStamp();
    const vite = ['node_modules/vite/bin/vite.js', 'build', 'apps/console', '--logLevel', 'warn'];
    await runNode('Building the console', '', vite, { ...process.env, NODE_ENV: 'production' });
    write(stamp);
  },
};

function runNode(title, hint, args, env = process.env) {
  return runStep(title, hint, log, { command: process.execPath, args, cwd: ROOT, env });
}

/** The compiler never deletes: code whose source is gone would still be imported. */
function removeOrphans(files) {
  const kept = new Set(files);
  for (const file of builtFiles().filter((name) => name !== '' && !kept.has(name))) {
    const compiled = join(ROOT, 'dist', file.replace(/\.tsx?$/, '.js'));
    for (const path of [compiled, `${compiled}.map`]) rmSync(path, { force: true });
  }
}

/** The npm that started this process, or else the one on PATH: `command`, `args` and `shell` for `spawn`. */
export function npm(args) {
  const cli = process.env.npm_execpath;
  if (cli !== undefined && basename(cli) === 'npm-cli.js') return { command: process.execPath, args: [cli, ...args] };
  return { command: 'npm', args, shell: process.platform === 'win32' };
}

/** npm links the commands of dependencies, not of the root itself. */
function linkOwnCommand() {
  const bin = join(ROOT, 'node_modules/.bin');
  mkdirSync(bin, { recursive: true });
  if (process.platform === 'win32') {
    writeFileSync(join(bin, 'writ.cmd'), '@node "%~dp0\\..\\..\\tools\\writ.mjs" %*\r\n');
  } else if (lstatSync(join(bin, 'writ'), { throwIfNoEntry: false }) === undefined) {
    symlinkSync('../../tools/writ.mjs', join(bin, 'writ'));
  }
}

function refuseOldNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])) return;
  log(`Writ needs Node ${OLDEST_NODE.join('.')} or newer; this is ${process.version} (${process.execPath}).`);
  process.exit(1);
}

/** Somebody decided what is in this folder; a command that changed it would break what runs. */
function refuseWhatIsMissing(production, ships) {
  const missing = missingToRun();
  if (ships && missing.length === 0) return;
  const lacks = missing.length > 0 ? `${missing.join(' and ')} missing` : 'this command needs a development set-up';
  log(
    `${lacks}. Nothing is installed or built here, because ${production}: run \`npm run build\` in a clone without that.`,
  );
  process.exit(1);
}

function log(line) {
  process.stderr.write(`writ: ${line}\n`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await ensureSetUp();
