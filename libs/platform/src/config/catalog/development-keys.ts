import { closeSync, existsSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { CONFIGURED_ID } from '#domain/limits.js';
import { CatalogNode } from './catalog-node.js';
import { ConfigurationError, ProblemList } from '../configuration-error.js';
import type { WritEnvironment } from '../environment/environment.js';
import { makePrivateJwk, publicJwkOf, readPrivateJwk, type PrivateJwk } from './key-pair.js';
import { isLoopbackHost } from '../../outbound/network-addresses.js';
import { parseYaml, readTextFile } from './yaml-document.js';

/** Where the two halves of one development key lie. */
export interface DevelopmentKeyFiles {
  readonly id: string;
  /** JWK set with the public half, as a `jwks_file` names it. */
  readonly publicPath: string;
  /** One JWK with the private half, 0600, for the sample agent that runs on this machine. */
  readonly privatePath: string;
}

/**
 * The agents and clients of `writ.yaml` that name `jwks_file: keys/<their own id>.jwks.json`, a file the configuration
 * folder does not have: those whose keys the embedded default makes by itself. Empty when the file cannot be read, which
 * `readCatalog` then reports.
 */
export function idsWithDevelopmentKeys(configDir: string): string[] {
  const problems = new ProblemList();
  const text = readTextFile(join(configDir, 'writ.yaml'), 'writ.yaml', problems);
  const root = new CatalogNode(text === null ? undefined : parseYaml(text, 'writ.yaml', problems), '', problems);
  const { agents, clients } = root.fields([], ['agents', 'clients', 'resources', 'people', 'groups', 'limits']);
  return [...agents.items(), ...clients.items()].flatMap((principal) => {
    const { id, auth } = principal.fields([], ['id', 'auth']);
    const name = typeof id.value === 'string' ? id.value : '';
    const file = auth.fields([], ['jwks_file']).jwks_file.value;
    const isOwn = CONFIGURED_ID.test(name) && file === `keys/${name}.jwks.json` && !existsSync(join(configDir, file));
    return isOwn ? [name] : [];
  });
}

/** True where a broker makes the sample's keys itself: on the embedded default, and wherever its issuer is loopback. */
export function makesDevelopmentKeys({ database, issuer }: Pick<WritEnvironment, 'database' | 'issuer'>): boolean {
  return database.kind === 'embedded' || issuer === null || isLoopbackHost(new URL(issuer).hostname);
}

/**
 * Gives each id an EC P-256 key in `<dataDir>/keys`: `<id>.jwks.json` (public) and `<id>.private.jwk.json` (0600).
 * Existing files stay as they are; a lost public half is derived from the private one. For development only: a
 * broker that holds its agents' private keys proves nothing about them.
 * @throws ConfigurationError when an id is not one, or an existing private half cannot be read
 */
export function ensureDevelopmentKeys(dataDir: string, ids: readonly string[]): DevelopmentKeyFiles[] {
  const folder = join(dataDir, 'keys');
  mkdirSync(folder, { recursive: true });
  return ids.map((id) => {
    if (!CONFIGURED_ID.test(id))
      throw new ConfigurationError('The development keys', [`${id}: is not a configured id`]);
    const files = {
      id,
      publicPath: join(folder, `${id}.jwks.json`),
      privatePath: join(folder, `${id}.private.jwk.json`),
    };
    if (!existsSync(files.publicPath)) {
      const key = existsSync(files.privatePath) ? savedKey(files.privatePath) : newKey(files.privatePath);
      writeNew(files.publicPath, { keys: [publicJwkOf(key)] }, 0o644);
    }
    return files;
  });
}

function newKey(path: string): PrivateJwk {
  const key = makePrivateJwk();
  writeNew(path, key, 0o600);
  return key;
}

function savedKey(path: string): PrivateJwk {
  const key = readPrivateJwk(readFileSync(path, 'utf8'));
  if (key !== null) return key;
  throw new ConfigurationError('The development keys', [`${path}: must hold a private JWK: mend or delete it`]);
}

function writeNew(path: string, content: unknown, mode: number): void {
  const descriptor = openSync(path, 'wx', mode);
  try {
    writeSync(descriptor, `${JSON.stringify(content, null, 2)}\n`);
  } finally {
    closeSync(descriptor);
  }
}
