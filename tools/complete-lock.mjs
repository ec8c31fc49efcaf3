// `node tools/complete-lock.mjs`: run after npm changed package-lock.json. A registry that does not answer for the
// packages of other platforms makes npm leave them out, and `npm ci` then refuses the lock everywhere. This puts the
// optional platform packages back: version, os and cpu, as their dependents name them, and asks the registry for the
// `integrity` of every entry that has none, since npm installs such a one unchecked.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';

const FILE = new URL('../package-lock.json', import.meta.url);
const PLATFORM = /(darwin|win32|linux|android|freebsd|openharmony)-([a-z0-9]+)(?:-(.*))?$/;

const lock = JSON.parse(readFileSync(FILE, 'utf8'));
const packages = lock.packages;
let added = 0;
for (const [path, entry] of Object.entries({ ...packages })) {
  for (const [name, range] of Object.entries(entry.optionalDependencies ?? {})) {
    const key = `node_modules/${name}`;
    const platform = PLATFORM.exec(name);
    if (platform === null || packages[key] !== undefined || packages[`${path}/${key}`] !== undefined) continue;
    const [, os, cpu, variant] = platform;
    const libc =
      os !== 'linux' || variant === undefined
        ? []
        : variant.startsWith('musl')
          ? ['musl']
          : variant === 'gnu'
            ? ['glibc']
            : [];
    packages[key] = {
      version: range.replace(/^[\^~]/, ''),
      cpu: [cpu],
      ...(entry.dev ? { dev: true } : {}),
      ...(libc.length > 0 ? { libc } : {}),
      optional: true,
      os: [os],
    };
    added += 1;
  }
}
let sealed = 0;
for (const [path, entry] of Object.entries(packages)) {
  // The root, links, and what lies inside another package's archive have none of their own.
  if (path === '' || entry.link || entry.inBundle || entry.integrity !== undefined) continue;
  const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
  const told = execFileSync('npm', ['view', `${name}@${entry.version}`, 'dist.integrity'], { encoding: 'utf8' }).trim();
  if (!/^sha512-[A-Za-z0-9+/]{86}==$/.test(told))
    throw new Error(`the registry has no integrity for ${name}@${entry.version}`);
  packages[path] = { version: entry.version, integrity: told, ...entry };
  sealed += 1;
}
lock.packages = Object.fromEntries(Object.entries(packages).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(FILE, `${JSON.stringify(lock, null, 2)}\n`);
process.stdout.write(`${added} platform packages added, ${sealed} given their integrity\n`);
