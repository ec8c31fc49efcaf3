import { describe, expect, it } from '@jest/globals';
import { RequestMethod, type Type } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { PROBLEM_CODES, statusOf } from '#contracts/wire/problem-types.js';
import * as swagger from '@nestjs/swagger';
import { setMarks } from '#contracts/wire/describe.js';
import { apiControllers } from '../../apps/broker/src/wiring/api.providers.js';
import { faultsOf, openapi, operations, type Media, type Operation } from '../harness/judges/openapi.js';

/** Where `@ApiExcludeController` leaves its word. */
const EXCLUDED = 'swagger/apiExcludeController';
setMarks(swagger);
const named = operations.map((operation) => [`${operation.method} ${operation.path}`, operation] as const);
/** Said to a click in Slack and to nobody who calls. */
const IN_SLACK_ALONE = 'slack_deny_only';
const isForm = ({ path, method }: Operation): boolean => path.startsWith('/oauth/') && method === 'POST';

/** Every example of a media type. */
function examplesOf(media: Media): unknown[] {
  const several = Object.values(media.examples ?? {}).map(({ value }) => value);
  return media.example === undefined ? several : [media.example, ...several];
}

/** The routes of the controllers that are described: method and path with OpenAPI's braces. */
function routes(): string[] {
  return apiControllers
    .filter((controller) => !(Reflect.getMetadata(EXCLUDED, controller) as unknown))
    .flatMap((controller: Type) => {
      const prefix = String(Reflect.getMetadata(PATH_METADATA, controller));
      const prototype = controller.prototype as Record<string, object>;
      return Object.getOwnPropertyNames(prototype).flatMap((name) => {
        const own = prototype[name] as object;
        const path = Reflect.getMetadata(PATH_METADATA, own) as string | undefined;
        if (name === 'constructor' || path === undefined) return [];
        const method = RequestMethod[Reflect.getMetadata(METHOD_METADATA, own) as number];
        const whole = `/${prefix}/${path}`.replace(/\/{2,}/g, '/').replace(/(.)\/$/, '$1');
        return [`${method} ${whole.replace(/:(\w+)/g, '{$1}')}`];
      });
    });
}

describe('the description', () => {
  it('has exactly the routes of the controllers', () => {
    expect(named.map(([name]) => name).sort()).toEqual(routes().sort());
  });

  it('begins with how to use it, and says what each tag is for', () => {
    expect(openapi.info.description.split('\n').filter((line) => /^\d+\. /.test(line))).toHaveLength(10);
    const used = new Set(operations.flatMap(({ tags = [] }) => tags));
    expect(openapi.tags.map(({ name }) => name).sort()).toEqual([...used].sort());
    for (const { description } of openapi.tags) expect(description).toMatch(/\.$/);
  });

  it('names every operation once', () => {
    const ids = operations.map(({ operationId }) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('shows every problem code that callers meet somewhere, always under its status', () => {
    const shown = new Set<string>();
    for (const { responses } of operations) {
      for (const [status, { content }] of Object.entries(responses)) {
        for (const value of examplesOf(content?.['application/problem+json'] ?? {})) {
          const problem = value as { code: (typeof PROBLEM_CODES)[number]; status: unknown };
          shown.add(problem.code);
          // A `call_id` used for another call is the one code with a second status.
          const expected = problem.code === 'idempotency_mismatch' && status === '409' ? 409 : statusOf(problem.code);
          expect(Number(status)).toBe(expected);
        }
      }
    }
    expect([...shown].sort()).toEqual(PROBLEM_CODES.filter((code) => code !== IN_SLACK_ALONE).sort());
  });
});

describe.each(named)('%s', (_name, operation) => {
  it('says what it is for, who may call it, and what each parameter means', () => {
    expect(operation.summary).toMatch(/\S/);
    expect(operation.tags).toHaveLength(1);
    expect(operation.security).toBeDefined();
    for (const parameter of operation.parameters ?? []) {
      expect([parameter.name, parameter.description]).toEqual([parameter.name, expect.stringMatching(/\S/)]);
    }
  });

  it('has a body that is described, with an example that conforms', () => {
    for (const media of Object.values(operation.requestBody?.content ?? {})) {
      expect(media.schema).toBeDefined();
      expect(examplesOf(media)).not.toHaveLength(0);
      for (const example of examplesOf(media)) expect(faultsOf(media.schema ?? {}, example)).toEqual([]);
    }
  });

  it('has a success with a schema and examples that conform', () => {
    const good = Object.entries(operation.responses).filter(([status]) => status.startsWith('2'));
    expect(good).not.toHaveLength(0);
    for (const [status, { content }] of good) {
      const empty = status === '204' || operation.operationId === 'revoke';
      expect(Object.keys(content ?? {})).toHaveLength(empty ? 0 : 1);
      for (const media of Object.values(content ?? {})) {
        expect(media.schema).toBeDefined();
        expect(examplesOf(media)).not.toHaveLength(0);
        for (const example of examplesOf(media)) expect(faultsOf(media.schema ?? {}, example)).toEqual([]);
      }
    }
  });

  it('shows each failure with a code and an example that conforms', () => {
    const failures = Object.entries(operation.responses).filter(([status]) => /^[45]/.test(status));
    for (const [status, { description, content }] of failures) {
      expect(description).toMatch(/\S/);
      const media = content?.[isForm(operation) ? 'application/json' : 'application/problem+json'];
      expect([status, media?.schema]).toEqual([status, expect.anything()]);
      expect(examplesOf(media ?? {})).not.toHaveLength(0);
      for (const example of examplesOf(media ?? {})) {
        expect(example).toMatchObject(
          isForm(operation) ? { error: expect.stringMatching(/^[a-z_]+$/) } : { code: expect.any(String) },
        );
        expect(faultsOf(media?.schema ?? {}, example)).toEqual([]);
      }
    }
  });

  it('has the failures that its kind of route cannot do without', () => {
    const statuses = Object.keys(operation.responses);
    const expected = isForm(operation)
      ? ['400', '401', '413', '415', '503']
      : operation.path.startsWith('/v1/')
        ? [
            ...['400', '503'],
            ...((operation.security ?? []).length > 0 ? ['401'] : []),
            ...(operation.method === 'GET' ? [] : ['413', '415']),
            ...(operation.path.includes('{') ? ['404'] : []),
          ]
        : [];
    expect(statuses).toEqual(expect.arrayContaining(expected));
  });
});
