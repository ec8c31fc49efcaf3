// What is out of date: each question here is answered in milliseconds, because every command asks it first.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

const GENERATED = 'libs/persistence/src/generated';
const SOURCE_FOLDERS = ['apps', 'libs', 'packages', 'test'];
const CONSOLE_FOLDERS = ['apps/console', 'libs/domain'];
const SOURCE_FILES = ['tsconfig.json', 'package.json', 'package-lock.json', 'prisma.config.ts'];
/** Files that programs read at run time beside their compiled code; tsc leaves them behind. */
export const ASSET = /\.(sql|html|css|svg|cedar)$/;

/** The packages in node_modules are those of the lock file, for this platform and this Node. */
export function packagesStamp() {
  const lock = sha256(read('package-lock.json'));
  return { path: 'node_modules/.writ-stamp', value: `${lock} ${nodeMajor()} ${process.platform}-${process.arch}` };
}

/** The generated Prisma client is that of the schema; null while there is no schema. */
export function clientStamp() {
  if (!existsSync(join(ROOT, 'prisma/schema.prisma'))) return null;
  const inputs = ['prisma/schema.prisma', 'prisma.config.ts', 'node_modules/prisma/package.json'];
  return { path: `${GENERATED}/.stamp`, value: sha256(inputs.map(read).join('\0')) };
}

/** The build is that of these sources, by size and time of change; `files` is what it was made from. */
export function buildStamp() {
  const files = [...SOURCE_FILES, ...SOURCE_FOLDERS.flatMap(sourcesUnder)].sort();
  return { path: 'dist/.stamp', value: [sha256(files.map(fact).join('\n')), ...files].join('\n'), files };
}

/** The pages of the console are those of these sources: its own, what it shares with the broker, its packages. */
export function consoleStamp() {
  const shared = ['apps/console/vite.config.mjs', 'tsconfig.json', 'package.json', 'package-lock.json'];
  const files = [...shared, ...CONSOLE_FOLDERS.flatMap(sourcesUnder)].filter((file) => !file.endsWith('.spec.ts'));
  return { path: 'dist/apps/console/.stamp', value: sha256(files.sort().map(fact).join('\n')) };
}

export function isFresh(stamp) {
  return stamp === null || readIfThere(stamp.path) === stamp.value;
}

export function write(stamp) {
  mkdirSync(dirname(join(ROOT, stamp.path)), { recursive: true });
  writeFileSync(join(ROOT, stamp.path), stamp.value);
}

/** The sources that the last build was made from, for removing what no longer has one. */
export function builtFiles() {
  return (readIfThere('dist/.stamp') ?? '').split('\n').slice(1);
}

/** Whether someone already installed exactly the locked packages by hand (`npm ci`, `npm install`). */
export function installedByHand() {
  const installed = readIfThere('node_modules/.package-lock.json');
  if (installed === null) return false;
  const have = JSON.parse(installed).packages;
  const want = JSON.parse(read('package-lock.json')).packages;
  return Object.entries(want).every(([path, entry]) => {
    if (path === '') return true;
    if (have[path] !== undefined) return have[path].version === entry.version;
    return entry.optional === true && !isForThisPlatform(entry);
  });
}

/** Why this is an installation that serves, where nothing may be installed or built; null in a clone to work in. */
export function whyProduction() {
  if (process.env.NODE_ENV === 'production') return 'NODE_ENV is production';
  if (!existsSync(join(ROOT, 'tsconfig.json'))) return 'there are no sources';
  return installedWithoutDev() ? 'its packages were installed without those for development' : null;
}

/** What every program needs before it can run at all, and is not there. */
export function missingToRun() {
  const needed = ['node_modules/', 'dist/apps/broker/src/main.js', 'dist/apps/cli/src/main.js'];
  return needed.filter((path) => !existsSync(join(ROOT, path)));
}

/** `npm ci --omit=dev`: all that serves is there, and nothing at all of what builds and tests. */
function installedWithoutDev() {
  const installed = readIfThere('node_modules/.package-lock.json');
  if (installed === null) return false;
  const have = JSON.parse(installed).packages;
  const want = Object.entries(JSON.parse(read('package-lock.json')).packages).filter(([path]) => path !== '');
  return want.every(([path, { dev, optional, devOptional }]) =>
    dev ? have[path] === undefined : optional || devOptional || have[path] !== undefined,
  );
}

/** Packages tied to a C library are left to npm's judgement; one of the pair is always missing. */
function isForThisPlatform({ os, cpu, libc }) {
  if (libc !== undefined || (os === undefined && cpu === undefined)) return false;
  return (os === undefined || os.includes(process.platform)) && (cpu === undefined || cpu.includes(process.arch));
}

function fact(file) {
  const { size, mtimeMs } = statSync(join(ROOT, file), { throwIfNoEntry: false }) ?? {};
  return `${file} ${size} ${mtimeMs}`;
}

function sourcesUnder(folder) {
  if (!existsSync(join(ROOT, folder))) return [];
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : sourcesUnder(path);
    return /\.(tsx?|json)$/.test(entry.name) || ASSET.test(entry.name) ? [path] : [];
  });
}

function read(path) {
  return readFileSync(join(ROOT, path), 'utf8');
}

function readIfThere(path) {
  try {
    return read(path);
  } catch {
    return null;
  }
}

function sha256(text) {
  return createHash('sha256').update(text).digest('hex');
}

function nodeMajor() {
  return process.versions.node.split('.')[0];
}
