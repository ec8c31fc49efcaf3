import type { OpenAPIObject } from '@nestjs/swagger';
import type { RefusalCode } from '#domain/refusal.js';
import { PROBLEM_CODES, statusOf } from '#contracts/wire/problem-types.js';
import type { PrincipalKind } from '#platform/http/principal.js';
import { problemResponses } from '../api/edge/problems.js';
import { BUDGETS, routeName } from '../serve/budgets.js';
import { OPERATION_EXAMPLES, SCHEMA_EXAMPLES } from './openapi-examples.js';
import { ANSWER_HEADERS, PATH_IDS } from './openapi-texts.js';

type Tree = Record<string, unknown>;
type Media = Record<string, Tree>;

/** What the guard lets in, by operation id. */
export type Allowed = ReadonlyMap<string, readonly PrincipalKind[] | 'public'>;

/**
 * Adds to each operation what its controller need not repeat: the problems that any route of its kind answers, what its
 * path names, the headers of its answers, and an example of everything that is sent or answered.
 */
export function completeOperations({ paths }: OpenAPIObject, allowed: Allowed): void {
  for (const [path, item] of Object.entries(paths)) {
    for (const [method, operation] of Object.entries(item) as [string, Tree][]) {
      const id = operation['operationId'] as string;
      addProblems(path, method, operation, allowed.get(id) ?? 'public');
      describePath(path, operation);
      addHeaders(id, operation);
      addExamples(id, operation);
    }
  }
}

function addProblems(path: string, method: string, operation: Tree, kinds: readonly PrincipalKind[] | 'public'): void {
  const responses = operation['responses'] as Record<string, Tree>;
  const codes = new Set(anyRouteOf(path, method, kinds));
  const own = PROBLEM_CODES.filter((code) => responses[String(statusOf(code))]?.['content'] !== undefined);
  for (const code of own) if (examplesOf(responses[String(statusOf(code))])?.[code] !== undefined) codes.add(code);
  if (path.startsWith('/oauth/')) codes.clear();
  const all = PROBLEM_CODES.filter((code) => codes.has(code));
  for (const [status, response] of problemResponses(all)) responses[String(status)] = { ...response };
  operation['responses'] = Object.fromEntries(Object.entries(responses).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function examplesOf(response: Tree | undefined): Tree | undefined {
  const media = (response?.['content'] as Media | undefined)?.['application/problem+json'];
  return media?.['examples'] as Tree | undefined;
}

/** What the server and the guard answer before a controller is reached. */
function anyRouteOf(path: string, method: string, kinds: readonly PrincipalKind[] | 'public'): RefusalCode[] {
  if (/^\/(healthz|readyz)$/.test(path)) return [];
  const budget = BUDGETS[routeName(method.toUpperCase(), path.replaceAll(/\{([^}]+)\}/g, ':$1'))];
  const unsafe = !['get', 'head', 'options'].includes(method);
  const codes: RefusalCode[] = ['invalid_request'];
  if (budget?.kind === 'counted') codes.push('rate_limited');
  if (budget?.kind === 'turns') codes.push('unavailable');
  if (!path.startsWith('/v1/')) return codes;
  codes.push('unavailable');
  if (unsafe) codes.push('too_large_body', 'unsupported_media_type');
  if (kinds === 'public') return codes;
  codes.push('unauthenticated');
  if (kinds.length < 3) codes.push('forbidden');
  // Also where people are not served: a cookie is judged before its kind is.
  if (unsafe) codes.push('csrf');
  return codes;
}

function describePath(path: string, operation: Tree): void {
  for (const parameter of (operation['parameters'] ?? []) as Tree[]) {
    if (parameter['in'] !== 'path') continue;
    const collection =
      path
        .slice(0, path.indexOf(`/{${String(parameter['name'])}}`))
        .split('/')
        .at(-1) ?? '';
    Object.assign(parameter, PATH_IDS[collection] ?? { description: `Which of ${collection}.` });
  }
}

function addHeaders(id: string, operation: Tree): void {
  for (const [status, response] of Object.entries(operation['responses'] as Record<string, Tree>)) {
    const headers = ANSWER_HEADERS[`${id} ${status}`];
    if (headers === undefined) continue;
    response['headers'] = Object.fromEntries(
      Object.entries(headers).map(([name, description]) => [name, { description, schema: { type: 'string' } }]),
    );
  }
}

function addExamples(id: string, operation: Tree): void {
  const own = OPERATION_EXAMPLES[id] ?? {};
  const body = operation['requestBody'] as Tree | undefined;
  if (body !== undefined) illustrate(body['content'] as Media | undefined, own.request);
  for (const [status, response] of Object.entries(operation['responses'] as Record<string, Tree>)) {
    if (status < '300') illustrate(response['content'] as Media | undefined, own.answers?.[status]);
  }
}

/** One example, or one for each of several schemas. */
function illustrate(content: Media | undefined, own: unknown): void {
  for (const media of Object.values(content ?? {})) {
    if (media['example'] !== undefined || media['examples'] !== undefined) continue;
    const schema = (media['schema'] ?? {}) as Tree;
    const several = schema['oneOf'] as Tree[] | undefined;
    if (own !== undefined) media['example'] = own;
    else if (several !== undefined) {
      const examples = several.map((each) => [nameOf(each), { value: SCHEMA_EXAMPLES[nameOf(each)] }] as const);
      media['examples'] = Object.fromEntries(examples.filter(([, { value }]) => value !== undefined));
    } else if (SCHEMA_EXAMPLES[nameOf(schema)] !== undefined) media['example'] = SCHEMA_EXAMPLES[nameOf(schema)];
  }
}

function nameOf(schema: Tree): string {
  const reference = schema['$ref'];
  return typeof reference === 'string' ? (reference.split('/').at(-1) ?? '') : '';
}
