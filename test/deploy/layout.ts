import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, posix } from 'node:path';

const NOBODY = 65_534;
/** As whom strangers run: an ordinary user, where this process may become one. */
export const STRANGER = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};

/** A new folder that everybody may enter. */
export function openFolder(): string {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'writ-shipped-'));
  chmodSync(folder, 0o755);
  return folder;
}

/** A new folder of the stranger's own at `path`; returns the path. */
export function ownFolder(path: string): string {
  mkdirSync(path, { mode: 0o755 });
  if (STRANGER.uid !== undefined) chownSync(path, STRANGER.uid, STRANGER.gid);
  return path;
}

/** Runs `npm run pack` into `folder`; returns the archive, and the folder that it was made of. */
export function pack(folder: string): { archive: string; contents: string } {
  execFileSync(process.execPath, ['tools/pack.mjs', folder], { stdio: ['ignore', 'ignore', 'inherit'] });
  const [archive = ''] = readdirSync(folder).filter((name) => name.endsWith('.tgz'));
  return { archive: join(folder, archive), contents: join(folder, 'broker') };
}

export interface ImageLayout {
  readonly env: Readonly<Record<string, string>>;
  /** The command that serves, with what it starts from. */
  readonly entry: readonly string[];
  readonly workdir: string;
}

/**
 * Builds below `root` what the last stage of the Dockerfile builds, by its own lines: the files that it copies from the build,
 * its links and its variables. A line that this does not know is refused, so that the test cannot fall behind it.
 */
export function buildImage(root: string, contents: string): ImageLayout {
  const text = readFileSync('Dockerfile', 'utf8').replaceAll('\\\n', ' ');
  const lines = text.slice(text.lastIndexOf('\nFROM ') + 1).split('\n');
  const within = (path: string): string => join(root, posix.resolve(workdir, path));
  let workdir = '/';
  let env: Record<string, string> = {};
  let entry: string[] = [];
  for (const line of lines.filter((one) => one.trim() !== '' && !one.startsWith('#'))) {
    const [word = '', ...rest] = line.split(/\s+/);
    const links = /^RUN ln -s (\S+) (\S+)$/.exec(line);
    const copies = /^COPY --from=build \/app\/dist\/packages\/broker\/ (\S+)$/.exec(line);
    if (word === 'WORKDIR') workdir = rest[0] ?? '/';
    else if (word === 'ENV') env = Object.fromEntries(rest.map((pair) => pair.split('=') as [string, string]));
    else if (word === 'ENTRYPOINT') entry = JSON.parse(rest.join(' ')) as string[];
    else if (copies !== null) cpSync(contents, within(copies[1] ?? ''), { recursive: true });
    else if (links !== null) {
      mkdirSync(dirname(within(links[2] ?? '')), { recursive: true });
      symlinkSync(within(links[1] ?? ''), within(links[2] ?? ''));
    } else if (!/^(FROM|VOLUME|USER|EXPOSE|STOPSIGNAL|HEALTHCHECK|RUN install) /.test(line)) throw new Error(line);
  }
  return { env, entry, workdir: join(root, workdir) };
}

/** Every file below, with what would tell that it was written; without `except`. */
export function traces(folder: string, except: string): string[] {
  return (readdirSync(folder, { recursive: true }) as string[])
    .map((name) => join(folder, name))
    .filter((path) => path !== except && !path.startsWith(`${except}/`))
    .map((path) => [path, lstatSync(path)] as const)
    .map(([path, stat]) => `${path} ${stat.size} ${stat.isFile() ? stat.mtimeMs : ''}`)
    .sort();
}

/** Blocks on the disk, in MB of 1024 KB, as `du` counts them. */
export function megabytes(folder: string, skip = ''): number {
  const paths = (readdirSync(folder, { recursive: true }) as string[]).filter(
    (name) => skip === '' || !name.split('/').includes(skip),
  );
  const blocks = paths.reduce((sum, name) => sum + (lstatSync(join(folder, name)).blocks ?? 0), 0);
  return blocks / 2 / 1024;
}
