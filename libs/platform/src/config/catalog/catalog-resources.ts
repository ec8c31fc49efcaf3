import type { CatalogAction, CatalogResource } from '#domain/catalog.js';
import { ACTION_NAME, LIMITS } from '#domain/limits.js';
import { readArguments } from './catalog-arguments.js';
import { sayFaults } from '#domain/words/said-call.js';
import type { CatalogNode } from './catalog-node.js';

export const NAME_LENGTH_MAX = 128;
export const SAY_LENGTH_MAX = 200;

/** Reads `resources`; that what they name exists is checked later, by `checkReferences`. */
export function readResources(node: CatalogNode): CatalogResource[] {
  const seen = new Set<string>();
  return node.items().map((item) => {
    const fields = item.fields(
      ['id', 'actions'],
      ['name', 'environment', 'classification', 'owners', 'max_token_ttl', 'signing_alg', 'verifiers'],
    );
    const id = readResourceId(fields.id);
    if (id !== '' && seen.has(id)) fields.id.refuse('is the id of an earlier resource');
    seen.add(id);
    return {
      id,
      name: fields.name.optionalText(NAME_LENGTH_MAX) ?? id,
      environment: fields.environment.optionalText(NAME_LENGTH_MAX),
      classification: fields.classification.optionalText(NAME_LENGTH_MAX),
      owners: fields.owners.isPresent ? fields.owners.id() : null,
      maxTokenTtlSeconds: fields.max_token_ttl.integer(
        LIMITS.tokenTtlSecondsMin,
        LIMITS.requestedTtlSecondsMax,
        LIMITS.requestedTtlSecondsDefault,
      ),
      signingAlg: fields.signing_alg.isPresent ? fields.signing_alg.oneOf(['ES256', 'RS256']) : 'ES256',
      verifiers: fields.verifiers.ids(),
      actions: readActions(fields.actions),
    };
  });
}

/** RFC 3986: scheme `http` or `https`, an authority without userinfo, no fragment. Compared byte for byte, never normalised. */
function readResourceId(node: CatalogNode): string {
  const rule = `must be an absolute http(s) URI without fragment or userinfo, at most ${LIMITS.resourceIdLengthMax} characters`;
  const id = node.matching(/^https?:\/\/[A-Za-z0-9[][A-Za-z0-9._~:/?[\]!$&'()*+,;=@%-]*$/, rule);
  if (id === '') return '';
  const url = URL.canParse(id) ? new URL(id) : null;
  const authority = id.split('/')[2] ?? '';
  if (id.length <= LIMITS.resourceIdLengthMax && url !== null && !authority.split('?')[0]?.includes('@')) return id;
  node.refuse(rule);
  return '';
}

function readActions(node: CatalogNode): CatalogAction[] {
  const entries = node.entries();
  if (node.isPresent && entries.length === 0) node.refuse('must name at least one action');
  return entries.map(({ key, node: action }) => {
    if (!ACTION_NAME.test(key)) {
      action.refuse(
        'its name must begin with a letter or digit and hold only letters, digits, ".", "_", "-", ":" and "/" (128 at most)',
      );
    }
    const fields = action.fields(['risk'], ['arguments', 'heartbeat', 'identifier', 'say']);
    const args = readArguments(fields.arguments);
    const { heartbeatSecondsMin, heartbeatSecondsMax } = LIMITS;
    return {
      name: key,
      risk: fields.risk.oneOf(['low', 'medium', 'high']),
      arguments: args,
      ...(fields.say.isPresent && { say: readSay(fields.say, Object.keys(args?.properties ?? {})) }),
      ...(fields.identifier.isPresent &&
        fields.identifier.oneOf(['optional', 'required']) === 'required' && { identifierRequired: true }),
      ...(fields.heartbeat.isPresent && {
        heartbeatSeconds: fields.heartbeat.integer(heartbeatSecondsMin, heartbeatSecondsMax, heartbeatSecondsMax),
      }),
    };
  });
}

/** A sentence about a call; what stands in braces must be there to be said. */
function readSay(node: CatalogNode, argumentNames: readonly string[]): string {
  const say = node.text(SAY_LENGTH_MAX);
  for (const fault of sayFaults(say, argumentNames)) node.refuse(fault);
  return say;
}
