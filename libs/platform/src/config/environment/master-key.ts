import { randomBytes } from 'node:crypto';
import { closeSync, constants, existsSync, fstatSync, fsyncSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigurationError } from '../configuration-error.js';
import { MASTER_KEY_BYTES, masterKeyFrom } from './environment.js';

/**
 * The master key of the embedded default: 32 bytes, kept as base64 in `<dataDir>/master.key` (0600), made when absent.
 * @throws ConfigurationError when the file is open to other users, is no regular file, or holds no key: a new key would
 *   make every stored signing key and MAC unreadable, so a damaged one is never replaced
 */
export function loadOrCreateMasterKey(dataDir: string): Buffer {
  mkdirSync(dataDir, { recursive: true });
  const path = join(dataDir, 'master.key');
  return create(path) ?? load(path);
}

function create(path: string): Buffer | null {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'wx', 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return null;
    throw new ConfigurationError('The master key', [
      `${path}: cannot be made (${(error as NodeJS.ErrnoException).code})`,
    ]);
  }
  try {
    const key = randomBytes(MASTER_KEY_BYTES);
    writeSync(descriptor, `${key.toString('base64')}\n`);
    fsyncSync(descriptor);
    return key;
  } finally {
    closeSync(descriptor);
  }
}

/** The same key for who only looks: `null` where there is none yet. @throws as `loadOrCreateMasterKey` */
export function loadMasterKey(dataDir: string): Buffer | null {
  const path = join(dataDir, 'master.key');
  return existsSync(path) ? load(path) : null;
}

function load(path: string): Buffer {
  let descriptor: number;
  try {
    // Windows has no O_NOFOLLOW, nor the permission bits below.
    descriptor = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
  } catch (error) {
    throw new ConfigurationError('The master key', [
      `${path}: cannot be read (${(error as NodeJS.ErrnoException).code})`,
    ]);
  }
  try {
    const stat = fstatSync(descriptor);
    if (!stat.isFile()) throw new ConfigurationError('The master key', [`${path}: must be a regular file`]);
    if (process.platform !== 'win32' && (stat.mode & 0o077) !== 0) {
      throw new ConfigurationError('The master key', [`${path}: is open to other users: chmod 600 it`]);
    }
    const key = masterKeyFrom(readFileSync(descriptor, 'utf8').trim());
    if (key === null)
      throw new ConfigurationError('The master key', [`${path}: must hold ${MASTER_KEY_BYTES} bytes in base64`]);
    return key;
  } finally {
    closeSync(descriptor);
  }
}
