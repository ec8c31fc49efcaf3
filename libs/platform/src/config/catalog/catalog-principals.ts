import type { AuthMethod, CatalogAgent, CatalogClient, CatalogGroup, CatalogPerson } from '#domain/catalog.js';
import type { CatalogNode } from './catalog-node.js';
import { NAME_LENGTH_MAX } from './catalog-resources.js';
import { readNotify } from './catalog-notices.js';
import { readFederation, readSpiffe } from './catalog-workloads.js';
import { readKeyFile, readPublicKeys, type KeyFolders } from './public-keys.js';

const EMAIL_LENGTH_MAX = 254;
/** OpenID Connect Core section 2: `sub` has at most 255 ASCII characters. */
const OIDC_SUBJECT_LENGTH_MAX = 255;
const OIDC_ISSUER_LENGTH_MAX = 256;
const SLACK_ID = /^[A-Z][A-Z0-9]{1,31}$/;

/** Only this form verifies: `libs/identity` makes and checks it. Salt of 8 to 64 bytes, hash of 32. */
const SECRET_HASH = /^scrypt\$16384\$8\$1\$[A-Za-z0-9_-]{11,86}\$[A-Za-z0-9_-]{43}$/;

/** Reads `agents`, each proving itself by public keys or by its platform's tokens. */
export function readAgents(node: CatalogNode, folders: KeyFolders): CatalogAgent[] {
  return node.items().map((item) => {
    const fields = item.fields(['id', 'owner', 'auth'], ['name', 'groups']);
    const id = fields.id.id();
    return {
      id,
      name: fields.name.optionalText(NAME_LENGTH_MAX) ?? id,
      owner: fields.owner.id(),
      groups: fields.groups.ids(),
      auth: readAgentAuth(fields.auth, folders),
    };
  });
}

/** Reads `clients`, each proving itself by a secret or by public keys. */
export function readClients(node: CatalogNode, folders: KeyFolders): CatalogClient[] {
  return node.items().map((item) => {
    const fields = item.fields(['id', 'auth', 'roles']);
    const roles = fields.roles.someOf(['verifier', 'auditor', 'operator']);
    if (Array.isArray(fields.roles.value) && roles.length === 0) fields.roles.refuse('must name at least one role');
    return { id: fields.id.id(), auth: readClientAuth(fields.auth, folders), roles };
  });
}

/** Reads `people`. */
export function readPeople(node: CatalogNode): CatalogPerson[] {
  const seen = new Set<string>();
  const slackSeen = new Set<string>();
  const subjectsSeen = new Set<string>();
  return node.items().map((item) => {
    const fields = item.fields(['id'], ['name', 'email', 'roles', 'slack', 'oidc']);
    const id = fields.id.id();
    if (id !== '' && seen.has(id)) fields.id.refuse('is the id of an earlier person');
    seen.add(id);
    return {
      id,
      name: fields.name.optionalText(NAME_LENGTH_MAX),
      email: readEmail(fields.email),
      roles: fields.roles.someOf(['approver', 'auditor', 'operator']),
      slack: fields.slack.items().map((account) => readSlackAccount(account, slackSeen)),
      oidc: fields.oidc.isPresent ? readOidcSubject(fields.oidc, subjectsSeen) : null,
    };
  });
}

/** Reads `groups` as the file defines them; `withAgentGroups` adds what agents say of themselves. */
export function readGroups(node: CatalogNode): CatalogGroup[] {
  const seen = new Set<string>();
  return node.items().map((item) => {
    const fields = item.fields(['id', 'members'], ['slack_channel', 'deputy', 'notify']);
    const id = fields.id.id();
    if (id !== '' && seen.has(id)) fields.id.refuse('is the id of an earlier group');
    seen.add(id);
    const channel = fields.slack_channel.matching(SLACK_ID, 'must be a Slack channel id such as C0001');
    return {
      id,
      members: fields.members.ids(),
      slackChannel: channel === '' ? null : channel,
      deputy: fields.deputy.isPresent ? fields.deputy.id() : null,
      notify: readNotify(fields.notify),
    };
  });
}

function readAgentAuth(node: CatalogNode, folders: KeyFolders): AuthMethod {
  const fields = node.fields([], ['jwks', 'jwks_file', 'federation', 'spiffe']);
  refuseUnlessOne(node, 'jwks, jwks_file, federation or spiffe');
  if (fields.federation.isPresent) return readFederation(fields.federation);
  if (fields.spiffe.isPresent) return readSpiffe(fields.spiffe);
  return readKeys(fields, folders);
}

function readClientAuth(node: CatalogNode, folders: KeyFolders): AuthMethod {
  const fields = node.fields([], ['secret_hash', 'jwks', 'jwks_file']);
  refuseUnlessOne(node, 'secret_hash, jwks or jwks_file');
  if (!fields.secret_hash.isPresent) return readKeys(fields, folders);
  const form = 'must be scrypt$16384$8$1$<salt>$<32-byte hash>, both base64url (npx writ secret-hash prints one)';
  return { kind: 'secret_hash', hash: fields.secret_hash.matching(SECRET_HASH, form) };
}

function refuseUnlessOne(node: CatalogNode, methods: string): void {
  if (node.isMapping && node.entries().length !== 1) node.refuse(`must have exactly one of ${methods}`);
}

function readKeys(
  fields: { readonly jwks: CatalogNode; readonly jwks_file: CatalogNode },
  folders: KeyFolders,
): AuthMethod {
  const jwks = fields.jwks_file.isPresent ? readKeyFile(fields.jwks_file, folders) : fields.jwks;
  return { kind: 'jwks', keys: jwks?.isPresent === true ? readPublicKeys(jwks) : [] };
}

function readEmail(node: CatalogNode): string | null {
  const email = node.optionalText(EMAIL_LENGTH_MAX);
  if (email !== null && email !== '' && !/^[^\s@]+@[^\s@]+$/.test(email)) node.refuse('must be an e-mail address');
  return email;
}

/** What the provider calls this person (`sub`), byte for byte; one subject is one person. */
function readOidcSubject(node: CatalogNode, seen: Set<string>): { issuer: string | null; subject: string } {
  const fields = node.fields(['subject'], ['issuer']);
  const subject = fields.subject.text(OIDC_SUBJECT_LENGTH_MAX);
  const issuer = fields.issuer.isPresent ? fields.issuer.text(OIDC_ISSUER_LENGTH_MAX) : null;
  if (subject !== '' && seen.has(`${issuer ?? ''} ${subject}`)) node.refuse('is already the sign-in of a person');
  seen.add(`${issuer ?? ''} ${subject}`);
  return { issuer, subject };
}

/** One Slack account is one person, or one click would be two votes. */
function readSlackAccount(node: CatalogNode, seen: Set<string>): { team: string; user: string } {
  const fields = node.fields(['team', 'user']);
  const team = fields.team.matching(SLACK_ID, 'must be a Slack team id such as T0001');
  const user = fields.user.matching(SLACK_ID, 'must be a Slack user id such as U0002');
  const account = `${team}/${user}`;
  if (team !== '' && user !== '' && seen.has(account)) node.refuse('is already the Slack account of a person');
  seen.add(account);
  return { team, user };
}
