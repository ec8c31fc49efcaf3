import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { existsSync, realpathSync } from 'node:fs';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import { parseStrictJson, StrictJsonError } from '#domain/strict-json.js';
import { CatalogNode } from './catalog-node.js';
import { readTextFile } from './yaml-document.js';

/** Where a `jwks_file` may lie: the configuration folder is looked at first. */
export interface KeyFolders {
  readonly configDir: string;
  readonly dataDir: string;
}

/** RFC 7517 and 7518 section 6: members that only a private or symmetric key has. */
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'] as const;
/** What is kept of a key; other members are ignored, as RFC 7517 section 4 asks. */
const KEPT_MEMBERS = ['kty', 'crv', 'x', 'y', 'n', 'e', 'kid', 'alg', 'use', 'key_ops'] as const;

const KEYS_MAX = 100;
const RSA_BITS_MIN = 2_048;
/** A larger modulus only makes each verification dearer. */
const RSA_BITS_MAX = 8_192;
const KID_LENGTH_MAX = 256;

/** What assertions may be signed with: a key for anything else could never authenticate. */
const ALGORITHMS: Readonly<Record<string, readonly string[]>> = {
  'P-256': ['ES256'],
  'P-384': ['ES384'],
  Ed25519: ['EdDSA', 'Ed25519'],
  RSA: ['RS256', 'PS256'],
};

/** The content of a `jwks_file`, called by that member's path; null when it cannot be read (noted). */
export function readKeyFile(node: CatalogNode, folders: KeyFolders): CatalogNode | null {
  const name = node.text(512);
  if (name === '') return null;
  const path = pathInside(folders.configDir, name) ?? pathInside(folders.dataDir, name);
  if (path === null) {
    node.refuse('must name a file inside the configuration folder or the data folder');
    return null;
  }
  const text = readTextFile(path, node.path, node.problems);
  if (text === null) return null;
  try {
    return new CatalogNode(parseStrictJson(text), node.path, node.problems);
  } catch (error) {
    node.refuse(`the file must be JSON (${error instanceof StrictJsonError ? error.rule : 'syntax'})`);
    return null;
  }
}

/** The real path of an existing `name` in `folder`, links followed; null when there is none or it leads outside. */
function pathInside(folder: string, name: string): string | null {
  const path = resolve(folder, name);
  if (isAbsolute(name) || !isBelow(resolve(folder), path) || !existsSync(path)) return null;
  const real = realpathSync(path);
  return isBelow(realpathSync(folder), real) ? real : null;
}

function isBelow(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way) && join(folder, way) === path;
}

/** A JWK set (RFC 7517 section 5) of public signature keys: EC P-256 or P-384, Ed25519, RSA of 2,048 bits or more. */
export function readPublicKeys(node: CatalogNode): Readonly<Record<string, unknown>>[] {
  const { keys } = node.fields(['keys']);
  const items = keys.items();
  if (Array.isArray(keys.value) && (items.length === 0 || items.length > KEYS_MAX))
    keys.refuse(`must hold 1 to ${KEYS_MAX} keys`);
  const kids = new Set<string>();
  return items.slice(0, KEYS_MAX).map((item) => readPublicKey(item, kids));
}

function readPublicKey(node: CatalogNode, kids: Set<string>): Readonly<Record<string, unknown>> {
  const members = new Map(node.entries().map(({ key, node: member }) => [key, member.value]));
  const jwk = Object.fromEntries(
    KEPT_MEMBERS.filter((name) => members.has(name)).map((name) => [name, members.get(name)]),
  );
  const secret = PRIVATE_MEMBERS.find((name) => members.has(name));
  if (secret !== undefined)
    node.refuse(`holds "${secret}" of a private key: only public keys belong here, and that one is now known`);
  else if (node.isMapping) refuseUnusable(node, jwk);
  const { kid } = jwk;
  if (kid === undefined) return jwk;
  if (typeof kid !== 'string' || kid === '' || kid.length > KID_LENGTH_MAX)
    node.refuse(`kid must be text of 1 to ${KID_LENGTH_MAX} characters`);
  else if (kids.has(kid)) node.refuse('has the kid of an earlier key');
  else kids.add(kid);
  return jwk;
}

function refuseUnusable(node: CatalogNode, jwk: Readonly<Record<string, unknown>>): void {
  const kind = String(jwk.kty === 'RSA' ? 'RSA' : jwk.crv);
  const algorithms = Object.hasOwn(ALGORITHMS, kind) ? (ALGORITHMS[kind] ?? []) : [];
  const key = algorithms.length === 0 ? null : importedKey(jwk);
  if (key === null) return node.refuse('must be a public key: EC P-256 or P-384, Ed25519, or RSA');
  const bits = key.asymmetricKeyDetails?.modulusLength ?? RSA_BITS_MIN;
  if (bits < RSA_BITS_MIN || bits > RSA_BITS_MAX)
    node.refuse(`an RSA key must have ${RSA_BITS_MIN} to ${RSA_BITS_MAX} bits`);
  if (jwk.alg !== undefined && !algorithms.includes(jwk.alg as string))
    node.refuse(`alg must be ${algorithms.join(', ')} for this key`);
  if (jwk.use !== undefined && jwk.use !== 'sig') node.refuse('use must be sig');
  const operations = jwk.key_ops;
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('verify')))
    node.refuse('key_ops must hold verify');
}

function importedKey(jwk: Readonly<Record<string, unknown>>): KeyObject | null {
  try {
    return createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' });
  } catch {
    return null;
  }
}
