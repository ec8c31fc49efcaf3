import { createHash } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { canonicalJson } from '#domain/authority/canonical-json.js';
import type { Catalog, OnPolicyChange } from '#domain/catalog.js';
import { LIMITS } from '#domain/limits.js';
import { CatalogNode } from './catalog-node.js';
import { readAgents, readClients, readGroups, readPeople } from './catalog-principals.js';
import { checkReferences, withAgentGroups } from './catalog-references.js';
import { readResources } from './catalog-resources.js';
import { ProblemList } from '../configuration-error.js';
import { parseYaml, readTextFile } from './yaml-document.js';

const PENDING_PER_AGENT_MAX = 10_000;
const CREATES_PER_MINUTE_MAX = 100_000;
const PENDING_PER_OWNER_MAX = 100_000;
const BACK_OFF_MAX = 3_600;
const SIGNING_KEY_DAYS_MAX = 3_650;

/** The text of one file of `policies/`; the policy engine parses it. */
export interface PolicyFile {
  readonly name: string;
  readonly text: string;
}

/** A configuration folder after strict reading. */
export interface ReadCatalog {
  readonly catalog: Catalog;
  /** Sorted by file name. An empty folder is a policy too: everything is denied. */
  readonly policies: readonly PolicyFile[];
  /** `sha256:` + hex over the RFC 8785 form of both: comments in `writ.yaml` do not change it, a new key does. */
  readonly sha256: string;
}

/**
 * Reads `writ.yaml`, the key files it names and `policies/*.cedar`.
 * @param configDir absolute; @param dataDir absolute, the second place to look for a `jwks_file`
 * @throws ConfigurationError that lists every problem by its path in the file
 */
export function readCatalog(configDir: string, dataDir: string): ReadCatalog {
  const problems = new ProblemList();
  const subject = `The configuration in ${configDir}`;
  if (statSync(configDir, { throwIfNoEntry: false })?.isDirectory() !== true) {
    problems.add('WRIT_CONFIG', 'must name a folder that holds writ.yaml and policies/');
    problems.throwIfAny(subject);
  }
  const text = readTextFile(join(configDir, 'writ.yaml'), 'writ.yaml', problems);
  const document = text === null ? undefined : parseYaml(text, 'writ.yaml', problems);
  const policies = readPolicies(join(configDir, 'policies'), problems);
  const draft =
    document === undefined ? null : draftCatalog(new CatalogNode(document, '', problems), { configDir, dataDir });
  if (draft !== null) checkReferences(draft, problems);
  problems.throwIfAny(subject);
  const catalog = withAgentGroups(draft as Catalog);
  const sha256 = createHash('sha256')
    .update(canonicalJson({ v: 1, catalog, policies }))
    .digest('hex');
  return { catalog, policies, sha256: `sha256:${sha256}` };
}

function draftCatalog(root: CatalogNode, folders: { readonly configDir: string; readonly dataDir: string }): Catalog {
  const fields = root.fields([], ['resources', 'agents', 'clients', 'people', 'groups', 'limits']);
  const limits = fields.limits.fields(
    [],
    [
      'pending_per_agent',
      'pending_per_owner',
      'creates_per_minute',
      'break_glass_ttl',
      'denial_back_off',
      'on_policy_change',
      'signing_key_days',
    ],
  );
  const pendingPerAgent = limits.pending_per_agent.integer(1, PENDING_PER_AGENT_MAX, LIMITS.pendingPerAgentDefault);
  return {
    resources: readResources(fields.resources),
    agents: readAgents(fields.agents, folders),
    clients: readClients(fields.clients, folders),
    people: readPeople(fields.people),
    groups: readGroups(fields.groups),
    limits: {
      pendingPerAgent,
      createsPerMinute: limits.creates_per_minute.integer(1, CREATES_PER_MINUTE_MAX, LIMITS.createsPerMinuteDefault),
      // One agent that is allowed more than the default for an owner is allowed it.
      pendingPerOwner: limits.pending_per_owner.integer(
        1,
        PENDING_PER_OWNER_MAX,
        Math.max(LIMITS.pendingPerOwnerDefault, pendingPerAgent),
      ),
      breakGlassTtlSeconds: limits.break_glass_ttl.integer(
        1,
        LIMITS.requestedTtlSecondsMax,
        LIMITS.breakGlassTtlSecondsDefault,
      ),
      denialBackOffSeconds: limits.denial_back_off.integer(0, BACK_OFF_MAX, LIMITS.denialBackOffSecondsDefault),
      signingKeyDays: limits.signing_key_days.integer(0, SIGNING_KEY_DAYS_MAX, 0),
      onPolicyChange: limits.on_policy_change.oneOf<OnPolicyChange>(['new_uses', 'off', 'live']),
    },
  };
}

function readPolicies(folder: string, problems: ProblemList): PolicyFile[] {
  let names: string[];
  try {
    names = readdirSync(folder).filter((name) => name.endsWith('.cedar') && !name.startsWith('.'));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    problems.add(
      'policies',
      code === 'ENOENT' ? 'the folder does not exist' : `must be a readable folder (${code ?? 'error'})`,
    );
    return [];
  }
  return names
    .sort()
    .map((name) => ({ name, text: readTextFile(join(folder, name), `policies/${name}`, problems) ?? '' }));
}
