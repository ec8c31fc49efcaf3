import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { program } from './binaries.js';
import { EmbeddedUnavailable } from './errors.js';
import { cleanEnvironment, spawnIdentity } from './os-user.js';
import { giveTo, type Placement } from './placement.js';

/** The only role; it exists on this loopback server alone. */
export const SUPERUSER = 'writ';

/** In the data folder, 0600: the superuser's password. */
export const PASSWORD_FILE = 'postgres.password';

/**
 * Makes the database cluster of `placement` unless it exists; returns the superuser's password, kept 0600 in `dataDir`.
 * A half-made cluster of an interrupted start is thrown away. Refuses data of another PostgreSQL major version.
 */
export async function prepareCluster(
  placement: Placement,
  dataDir: string,
  options: { readonly durable: boolean; readonly log: (line: string) => void },
): Promise<string> {
  const passwordFile = join(dataDir, PASSWORD_FILE);
  if (existsSync(placement.pgData)) {
    refuseOtherMajor(placement);
    return readPassword(passwordFile, placement.pgData);
  }
  const as = placement.user === null ? '' : ` as the operating system's user ${placement.user.name}`;
  options.log(`Making a PostgreSQL ${placement.binaries.major} database in ${placement.pgData}${as} (once)`);
  const password = randomBytes(24).toString('base64url');
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  const draft = `${placement.pgData}.initializing`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { mode: 0o700 });
  if (placement.user !== null) giveTo(placement.user, draft);
  await runInitdb(placement, draft, password, options.durable);
  // From here on the cluster exists as a whole; before, it does not exist at all.
  renameSync(draft, placement.pgData);
  return password;
}

async function runInitdb(placement: Placement, draft: string, password: string, durable: boolean): Promise<void> {
  const secret = `${draft}.secret`;
  writeFileSync(secret, `${password}\n`, { mode: 0o600 });
  chmodSync(secret, 0o600);
  if (placement.user !== null) giveTo(placement.user, secret);
  const settings = [`--pgdata=${draft}`, `--username=${SUPERUSER}`, `--pwfile=${secret}`, '--auth=scram-sha-256'];
  // The C locale needs nothing installed; the builtin provider adds correct upper and lower case for all of Unicode.
  const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
  const flags = ['--no-instructions', ...(durable ? [] : ['--no-sync'])];
  try {
    const { code, output } = await run(program(placement.binaries, 'initdb'), [...settings, ...locale, ...flags], {
      ...spawnIdentity(placement.user),
      cwd: dirname(draft),
      env: cleanEnvironment(),
    });
    if (code !== 0) throw new EmbeddedUnavailable(`initdb failed (exit ${code}):\n${output.trim()}`);
  } finally {
    rmSync(secret, { force: true });
  }
}

function run(
  command: string,
  args: readonly string[],
  options: { uid?: number; gid?: number; cwd: string; env: Record<string, string> | undefined },
): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const collect = (chunk: Buffer): void => void (output = (output + chunk.toString('utf8')).slice(-8192));
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, output }));
  });
}

function refuseOtherMajor({ pgData, binaries }: Placement): void {
  const versionFile = join(pgData, 'PG_VERSION');
  const major = existsSync(versionFile) ? readFileSync(versionFile, 'utf8').trim() : 'unknown';
  if (major === String(binaries.major)) return;
  throw new EmbeddedUnavailable(
    `${pgData} holds data of PostgreSQL ${major}, and this Writ brings PostgreSQL ${binaries.major}. ` +
      'Run the Writ that made it and carry the data over with pg_dump, or move the folder away to begin anew.',
  );
}

function readPassword(file: string, pgData: string): string {
  if (existsSync(file)) return readFileSync(file, 'utf8').trim();
  throw new EmbeddedUnavailable(
    `${file} is missing, and without it ${pgData} cannot be opened. Put it back, or move that folder away to begin anew.`,
  );
}
