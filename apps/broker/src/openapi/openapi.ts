import 'reflect-metadata';
import { Module, type Provider, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import * as swagger from '@nestjs/swagger';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { getMetadataStorage } from 'class-validator';
import * as breakGlassBodies from '#contracts/ask/break-glass.dto.js';
import { CallerOfHeader } from '#platform/http/caller-of-header.js';
import * as escalationBodies from '#contracts/ask/escalation.dto.js';
import * as dryRunBodies from '#contracts/configure/dry-run.dto.js';
import * as decisionBodies from '#contracts/decide/decision.dto.js';
import * as denyPendingBodies from '#contracts/decide/deny-pending.dto.js';
import * as nudgeBodies from '#contracts/decide/nudge.dto.js';
import * as stepUpBodies from '#contracts/decide/step-up.dto.js';
import * as grantEndBodies from '#contracts/end/grant-end.dto.js';
import * as killBodies from '#contracts/end/kill.dto.js';
import * as suspensionBodies from '#contracts/end/suspension.dto.js';
import * as commentBodies from '#contracts/people/comments.dto.js';
import * as passkeyBodies from '#contracts/people/passkeys.dto.js';
import * as sessionBodies from '#contracts/people/sessions.dto.js';
import * as slackLinkBodies from '#contracts/people/slack-links.dto.js';
import * as consumeBodies from '#contracts/use/consume.dto.js';
import { setMarks } from '#contracts/wire/describe.js';
import { PROBLEM_CODES } from '#contracts/wire/problem-types.js';
import { ALLOWED_KEY, type PrincipalKind } from '#platform/http/principal.js';
import { apiControllers } from '../wiring/api.providers.js';
import { completeOperations, type Allowed } from './openapi-complete.js';
import { DESCRIPTION, TAGS } from './openapi-texts.js';

type Tree = Record<string, unknown>;

/** Every class that describes a body. */
const BODIES = [
  breakGlassBodies,
  escalationBodies,
  dryRunBodies,
  decisionBodies,
  denyPendingBodies,
  nudgeBodies,
  stepUpBodies,
  grantEndBodies,
  killBodies,
  suspensionBodies,
  commentBodies,
  passkeyBodies,
  sessionBodies,
  slackLinkBodies,
  consumeBodies,
]
  .flatMap((module) => Object.values(module) as Type[])
  .filter(({ name }) => name.endsWith('Body'));

/** What each kind of principal may prove itself by. */
const SCHEMES: Record<PrincipalKind, Tree[]> = {
  agent: [{ assertion: [] }],
  client: [{ basic: [] }, { assertion: [] }],
  person: [{ session: [] }],
};

/** RFC 9457, with the members that every problem of Writ has. */
const PROBLEM = {
  type: 'object',
  description: 'RFC 9457. Some codes add members of their own, for example `why`.',
  required: ['type', 'title', 'status', 'code', 'detail'],
  properties: {
    type: { type: 'string', description: '`urn:writ:problem:` and the code.' },
    title: { type: 'string' },
    status: { description: 'The HTTP status; with `already_decided` the status of the escalation.' },
    code: { type: 'string', enum: PROBLEM_CODES },
    detail: { type: 'string', description: 'For people; programs read `code`.' },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        required: ['pointer', 'rule'],
        properties: { pointer: { type: 'string', description: 'RFC 6901' }, rule: { type: 'string' } },
      },
    },
  },
  additionalProperties: true,
};

/**
 * The OpenAPI document of everything that role `api` serves. Nothing is opened: the controllers stand on empty stubs,
 * and only their decorators are read. JSDoc and limits are in it when the compiler plugin of Nest has run.
 * @param version of this software
 */
export async function describeApi(version: string): Promise<OpenAPIObject> {
  setMarks(swagger);
  const providers = [...apiControllers.flatMap(stubsFor), { provide: CallerOfHeader, useValue: {} }];
  const module = { module: DescribedModule, controllers: apiControllers, providers };
  const app = await NestFactory.create(module, new FastifyAdapter(), {
    preview: true,
    logger: ['error'],
    abortOnError: false,
  });
  const document = SwaggerModule.createDocument(app, configuration(version), {
    operationIdFactory: operationId,
    autoTagControllers: false,
  });
  document.components = { ...document.components, schemas: { ...document.components?.schemas, Problem: PROBLEM } };
  const allowed = allowedByOperation();
  refineOperations(document, allowed);
  completeOperations(document, allowed);
  refineBodies(document);
  refineTypes(document.paths);
  refineTypes(document.components);
  return sorted(document);
}

@Module({})
class DescribedModule {}

function stubsFor(controller: Type): Provider[] {
  const needs = (Reflect.getMetadata('design:paramtypes', controller) ?? []) as Type[];
  return needs.map((provide) => ({ provide, useValue: {} }));
}

function configuration(version: string): Omit<OpenAPIObject, 'paths'> {
  return new DocumentBuilder()
    .setTitle('Writ')
    .setDescription(DESCRIPTION)
    .setVersion(version)
    .addBearerAuth(
      {
        type: 'http',
        bearerFormat: 'JWT',
        description:
          'iss = sub = your id, aud = the issuer alone, exp - iat <= 120, jti used once; or a registered workload token',
      },
      'assertion',
    )
    .addBasicAuth(
      { type: 'http', description: 'Client id and secret, both form-url-encoded first (RFC 6749).' },
      'basic',
    )
    .addCookieAuth('__Host-writ_session', { type: 'apiKey', description: 'From `POST /v1/sessions`.' }, 'session')
    .build();
}

/** `EscalationsController.create` is `escalationsCreate`; `TokenController.token` is `token`. */
function operationId(controller: string, method: string): string {
  const noun = controller.replace('Controller', '');
  const start = noun.charAt(0).toLowerCase() + noun.slice(1);
  return start === method ? method : start + method.charAt(0).toUpperCase() + method.slice(1);
}

/** By operation: the guard's own metadata says who may call, so that the page cannot differ from the guard. */
function refineOperations({ paths }: OpenAPIObject, allowed: Allowed): void {
  for (const [path, item] of Object.entries(paths)) {
    for (const operation of Object.values(item) as Tree[]) {
      const kinds = allowed.get(operation['operationId'] as string);
      if (Array.isArray(kinds))
        operation['security'] = distinct(kinds.flatMap((kind) => SCHEMES[kind as PrincipalKind]));
      // The forms of OAuth carry their proof as Basic or among their members, which OpenAPI has no word for.
      else operation['security'] = operation['security'] === undefined ? [] : [{ basic: [] }, {}];
      // Nest presumes 201 for a POST; these set their status themselves (RFC 6749 asks for 200).
      if (path.startsWith('/oauth/')) delete (operation['responses'] as Tree)['201'];
    }
  }
}

function allowedByOperation(): Allowed {
  const allowed = new Map<string, PrincipalKind[] | 'public'>();
  for (const controller of apiControllers) {
    const prototype = controller.prototype as Record<string, unknown>;
    for (const method of Object.getOwnPropertyNames(prototype)) {
      const kinds = Reflect.getMetadata(ALLOWED_KEY, prototype[method] as object) as PrincipalKind[] | undefined;
      if (method !== 'constructor' && kinds !== undefined) allowed.set(operationId(controller.name, method), kinds);
    }
  }
  return allowed;
}

function distinct(schemes: Tree[]): Tree[] {
  return [...new Map(schemes.map((scheme) => [Object.keys(scheme)[0], scheme])).values()];
}

/** What the plugin does not see: unknown members are refused, and patterns that stand in constants. */
function refineBodies({ components }: OpenAPIObject): void {
  const schemas = (components?.schemas ?? {}) as Record<
    string,
    { properties: Record<string, Tree>; additionalProperties?: boolean }
  >;
  for (const body of BODIES) {
    const schema = schemas[body.name];
    if (schema === undefined) continue;
    schema.additionalProperties = false;
    for (const rule of getMetadataStorage().getTargetValidationMetadatas(body, '', false, false)) {
      const pattern: unknown = (rule.constraints as unknown[] | undefined)?.[0];
      const member = schema.properties[rule.propertyName];
      if (rule.name === 'arrayMaxSize' && member !== undefined) member['maxItems'] = pattern;
      if (rule.name !== 'matches' || !(pattern instanceof RegExp) || member === undefined) continue;
      const target = rule.each ? (member['items'] as Tree) : member;
      target['pattern'] = pattern.source;
    }
  }
}

/** Numbers on this wire are whole, where the plugin sees TypeScript's `number`; enums by name, not by compiler order. */
function refineTypes(node: unknown): void {
  if (typeof node !== 'object' || node === null) return;
  const schema = node as Tree;
  // A share is the one number that is not whole, and says so by its format.
  if (schema['type'] === 'number' && schema['format'] !== 'double') schema['type'] = 'integer';
  const words = schema['enum'];
  if (Array.isArray(words))
    schema['enum'] = [...(words as unknown[]).sort(), ...(schema['nullable'] === true ? [null] : [])];
  for (const inner of Object.values(schema)) refineTypes(inner);
}

/** Paths and schemas by name, so that the order of a module's list changes nothing in the file. */
function sorted(document: OpenAPIObject): OpenAPIObject {
  const byName = <T extends object>(record: T): T =>
    Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1))) as T;
  const { openapi, info, paths, components } = document;
  const used = new Set(Object.values(paths).flatMap((item) => Object.values(item).flatMap(({ tags }: Tree) => tags)));
  return {
    openapi,
    info,
    tags: TAGS.filter(({ name }) => used.has(name)),
    paths: byName(paths),
    components: { ...components, schemas: byName(components?.schemas ?? {}) },
  };
}
