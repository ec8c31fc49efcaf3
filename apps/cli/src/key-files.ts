import { closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CONFIGURED_ID } from '#domain/limits.js';
import { publicJwkOf, readPrivateJwk, type PrivateJwk } from '#platform/config/catalog/key-pair.js';
import { CommandFailed } from './command.js';
import { inertLine } from './text.js';

const FOR_ITS_OWNER_ALONE = 0o600;
const FOR_EVERYBODY = 0o644;

/** The rule of ids, as people are told it. */
export const ID_RULE =
  'must begin with a letter or digit and hold only letters, digits, ".", "_" and "-" (128 at most)';

/** The id itself. Refuses with `CommandFailed` what is none. */
export function agentId(text: string): string {
  if (CONFIGURED_ID.test(text)) return text;
  throw new CommandFailed(`"${inertLine(text)}" is no id of an agent or client: it ${ID_RULE}`);
}

/** Writes the private half, mode 0600. Refuses with `CommandFailed` a file that is there, unless `force`. */
export function writePrivateKey(path: string, key: PrivateJwk, force = false): void {
  write(path, key, FOR_ITS_OWNER_ALONE, force);
}

/** Writes the public half as a JWK set, as `jwks_file` names it. The same rule. */
export function writeKeySet(path: string, key: PrivateJwk, force = false): void {
  write(path, { keys: [publicJwkOf(key)] }, FOR_EVERYBODY, force);
}

/** Refuses with `CommandFailed` when there is such a file: asked before anything is written. */
export function demandFree(path: string, force: boolean): void {
  if (existsSync(path) && !force) throw new CommandFailed(`${path} exists; --force replaces it`);
}

/** The private JWK in a file. Refuses with `CommandFailed` what cannot be read, or is no ES256 key. */
export function readKeyFile(path: string): PrivateJwk {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new CommandFailed(`${path} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'error'})`);
  }
  const key = readPrivateJwk(text);
  if (key !== null) return key;
  throw new CommandFailed(`${path} must hold a private JWK on P-256, as \`writ keygen\` writes it`);
}

/** Never through a link or into a file with other rights: what is replaced is replaced whole. */
function write(path: string, content: unknown, mode: number, force: boolean): void {
  demandFree(path, force);
  const fresh = force ? join(dirname(path), `.writ-${process.pid}-${Date.now()}.tmp`) : path;
  try {
    mkdirSync(dirname(path), { recursive: true });
    const descriptor = openSync(fresh, 'wx', mode);
    try {
      writeSync(descriptor, `${JSON.stringify(content, null, 2)}\n`);
    } finally {
      closeSync(descriptor);
    }
    if (fresh !== path) renameSync(fresh, path);
  } catch (error) {
    if (fresh !== path) rmSync(fresh, { force: true });
    throw new CommandFailed(`${path} cannot be written (${(error as NodeJS.ErrnoException).code ?? 'error'})`);
  }
}
