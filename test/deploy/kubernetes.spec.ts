import { describe, expect, it } from '@jest/globals';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { checkPolicies } from '#escalations/judge/configuration-in-force.js';
import { readCatalog } from '#platform/config/catalog/writ-yaml.js';
import { readEnvironment } from '#platform/config/environment/environment.js';
import { faultsOf } from './kubernetes-schema.js';

// No cluster is at hand: manifests are held against the schemas of Kubernetes, and against what a reviewer would look for.
const FOLDER = 'deploy/kubernetes';
type Tree = any; // eslint-disable-line @typescript-eslint/no-explicit-any -- YAML of foreign kinds, read by path

const objects: Tree[] = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.yaml'))
  .flatMap((name) =>
    parseAllDocuments(readFileSync(join(FOLDER, name), 'utf8'), { strict: true, uniqueKeys: true }).map((document) => {
      expect([name, document.errors, document.warnings]).toEqual([name, [], []]);
      return document.toJS() as Tree;
    }),
  );
const of = (kind: string): Tree[] => objects.filter((object) => object.kind === kind);
const named = (kind: string, name: string): Tree => of(kind).find((object) => object.metadata.name === name);
const broker = [...of('Deployment'), ...of('StatefulSet')];
const workloads = [...broker, ...of('Job')];
const podOf = (workload: Tree): Tree => workload.spec.template.spec;
const containerOf = (workload: Tree): Tree => podOf(workload).containers[0];
/** A figure of docs/operations.md, Sizing. */
const documentedMib = (pattern: RegExp): number =>
  Number(pattern.exec(readFileSync('docs/operations.md', 'utf8'))?.[1] ?? Infinity);
const valueOf = (workload: Tree, name: string): string =>
  containerOf(workload).env.find((variable: Tree) => variable.name === name)?.value;

/** The ConfigMaps that make up the configuration folder of a workload, by where they are mounted. */
function configurationOf(workload: Tree): Record<string, Tree> {
  const { volumes } = podOf(workload);
  const mounts = containerOf(workload).volumeMounts.filter(({ mountPath }: Tree) => mountPath.startsWith('/etc/writ'));
  return Object.fromEntries(
    mounts.map(({ name, mountPath }: Tree) => {
      const { configMap } = volumes.find((volume: Tree) => volume.name === name);
      return [mountPath, named('ConfigMap', configMap.name)];
    }),
  );
}

describe('every object', () => {
  it('is what the API of Kubernetes describes, with no field more', async () => {
    expect(objects.length).toBeGreaterThan(10);
    for (const object of objects)
      expect([object.kind, object.metadata.name, await faultsOf(object)]).toEqual([
        object.kind,
        object.metadata.name,
        [],
      ]);
  });

  it.each<[string, (api: Tree) => void, string]>([
    ['a misspelt field', (api) => (containerOf(api).securityContext.readonlyRootFilesystem = true), 'no such field'],
    ['a field in the wrong place', (api) => (api.spec.terminationGracePeriodSeconds = 30), 'no such field'],
    ['a field on top', (api) => (api.replicas = 2), '/replicas: no such field'],
    ['a wrong type', (api) => (api.spec.replicas = '2'), 'data/spec/replicas must be integer'],
    ['a missing field', (api) => delete api.spec.selector, 'must have required property selector'],
    ['an unknown kind', (api) => (api.kind = 'Deploymint'), 'there is no Deploymint of apps/v1'],
    ['a version that is no more', (api) => (api.apiVersion = 'apps/v1beta9'), 'there is no Deployment of apps/v1beta9'],
  ])('would be refused with %s', async (_what, spoil, fault) => {
    const api = structuredClone(named('Deployment', 'writ-api'));
    spoil(api);
    expect((await faultsOf(api)).join('\n')).toContain(fault);
  });

  it('has a name of its own and lives in the namespace', () => {
    for (const { kind, metadata } of objects) {
      expect(metadata.name).toMatch(/^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/);
      if (kind !== 'Namespace') expect([metadata.name, metadata.namespace]).toEqual([metadata.name, 'writ']);
    }
    const ids = objects.map(({ kind, metadata }) => `${kind}/${metadata.name}`);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe.each(workloads.map((workload) => [`${workload.kind} ${workload.metadata.name}`, workload] as const))(
  '%s',
  (_name, workload) => {
    const pod = podOf(workload);
    const container = containerOf(workload);

    it('runs without rights: not as root, no new privileges, nothing to write but its volumes', () => {
      expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
      expect(pod.securityContext.runAsUser).toBeGreaterThan(0);
      expect(pod.automountServiceAccountToken).toBe(false);
      expect(container.securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
      for (const name of ['hostNetwork', 'hostPID', 'hostIPC']) expect(pod[name]).toBeUndefined();
    });

    it('mounts only volumes that it has, and says what it needs', () => {
      const claims = (workload.spec.volumeClaimTemplates ?? []).map(({ metadata }: Tree) => metadata.name);
      const volumes = [...pod.volumes.map(({ name }: Tree) => name), ...claims].sort();
      expect(container.volumeMounts.map(({ name }: Tree) => name).sort()).toEqual(volumes);
      expect(container.resources.requests).toEqual({ cpu: expect.any(String), memory: expect.any(String) });
      // A node that promised less than a process holds would be promised too full.
      const { requests, limits } = container.resources as Record<string, { memory: string }>;
      const [asked, most] = [requests, limits].map((one) => Number.parseInt(one?.memory ?? '', 10));
      expect(asked).toBeGreaterThanOrEqual(
        documentedMib(workload.kind === 'Job' ? /`writ migrate` passes (\d+)/ : /starts it passes (\d+) MiB/),
      );
      expect(most).toBeGreaterThanOrEqual(documentedMib(/processes held up to (\d+)/));
      expect(container.resources.limits.memory).toMatch(/^\d+Mi$/);
      expect(container.image).toMatch(/^writ:\d/);
    });

    it('takes its variables from objects that there are', () => {
      for (const { configMapRef, secretRef } of container.envFrom ?? []) {
        if (configMapRef !== undefined) expect(named('ConfigMap', configMapRef.name)).toBeDefined();
        if (secretRef !== undefined) expect(named('Secret', secretRef.name)).toBeDefined();
      }
      for (const { valueFrom } of container.env) {
        if (valueFrom === undefined) continue;
        const { secretKeyRef: secret, configMapKeyRef: map } = valueFrom;
        const held = secret === undefined ? named('ConfigMap', map.name).data : named('Secret', secret.name).stringData;
        expect(Object.keys(held)).toContain((secret ?? map).key);
      }
    });
  },
);

describe.each(broker.map((workload) => [workload.metadata.name as string, workload] as const))(
  '%s',
  (name, workload) => {
    it('has two copies at least, a budget that keeps one, and selectors that agree', () => {
      const labels = workload.spec.template.metadata.labels;
      expect(workload.spec.replicas).toBeGreaterThanOrEqual(2);
      expect(workload.spec.selector.matchLabels).toEqual(labels);
      const budget = named('PodDisruptionBudget', name);
      expect(budget.spec).toEqual({ minAvailable: 1, selector: { matchLabels: labels } });
      expect(named('Service', name).spec.selector).toEqual(labels);
      if (workload.kind === 'Deployment') expect(workload.spec.strategy.rollingUpdate.maxUnavailable).toBe(0);
    });

    it('is asked whether it can serve, and restarted only when the process itself hangs', () => {
      const { startupProbe, readinessProbe, livenessProbe, ports } = containerOf(workload);
      expect(ports).toEqual([{ name: 'http', containerPort: 3000 }]);
      expect([startupProbe, readinessProbe].map((probe: Tree) => probe.httpGet)).toEqual([
        { path: '/readyz', port: 'http' },
        { path: '/readyz', port: 'http' },
      ]);
      expect(livenessProbe.httpGet).toEqual({ path: '/healthz', port: 'http' });
    });

    it('has time to drain: the pause before SIGTERM and the thirty seconds after it', () => {
      const [, pause] = containerOf(workload).lifecycle.preStop.exec.command as [string, string];
      expect(podOf(workload).terminationGracePeriodSeconds).toBeGreaterThan(Number(pause) + 30);
    });
  },
);

describe('the whole', () => {
  it('holds every role once', () => {
    expect(broker.flatMap((workload) => valueOf(workload, 'WRIT_ROLES').split(',')).sort()).toEqual(
      ['api', 'console', 'slack', 'worker'].sort(),
    );
  });

  it('mounts the same configuration wherever it is read, whole: a new file of policies is written in one place', () => {
    const readers = [...broker, named('Job', 'writ-apply')];
    for (const reader of readers) {
      expect(Object.keys(configurationOf(reader))).toEqual(['/etc/writ', '/etc/writ/policies']);
      expect(configurationOf(reader)).toEqual(configurationOf(broker[0]));
      for (const { configMap } of podOf(reader).volumes) expect(configMap?.items).toBeUndefined();
    }
    expect(named('ConfigMap', 'writ-environment').data.WRIT_CONFIG).toBe('/etc/writ');
  });

  it('applies by a Job with what a broker has and no more, once', () => {
    const job = named('Job', 'writ-apply');
    expect(containerOf(job).args).toEqual(['apply']);
    expect(containerOf(job).env.map(({ name }: Tree) => name)).toEqual([
      'DATABASE_URL',
      'WRIT_MASTER_KEY',
      'WRIT_ISSUER',
      'WRIT_CONFIG',
    ]);
    expect(JSON.stringify(job)).not.toContain('writ-owner');
    expect(job.spec.backoffLimit).toBe(0);
  });

  it('has variables and a configuration that the broker takes', () => {
    const folder = mkdtempSync(join(tmpdir(), 'writ-kubernetes-'));
    mkdirSync(join(folder, 'policies'));
    for (const [mountPath, { data }] of Object.entries(configurationOf(broker[0])))
      for (const [key, text] of Object.entries(data as Record<string, string>))
        writeFileSync(join(folder, mountPath.slice('/etc/writ'.length), key), text);
    const { catalog, policies } = readCatalog(folder, folder);
    expect(checkPolicies(policies, catalog)).toMatch(/\S/);
    rmSync(folder, { recursive: true });
    const environment = readEnvironment(
      {
        ...named('ConfigMap', 'writ-environment').data,
        WRIT_ROLES: 'api',
        DATABASE_URL: 'postgres://a@db/writ',
        WRIT_MASTER_KEY: Buffer.alloc(32).toString('base64'),
        WRIT_OIDC_CLIENT_SECRET: 'of-the-secret',
      },
      '/',
    );
    expect(environment.issuer).toBe('https://writ.example');
    // Without them all callers share the address, and the budget, of the ingress.
    expect(environment.trustedProxies).not.toEqual([]);
  });

  it('keeps the owner of the tables away from what serves', () => {
    for (const workload of broker) expect(JSON.stringify(workload)).not.toContain('writ-owner');
    expect(JSON.stringify(named('Job', 'writ-migrate'))).toContain('writ-owner');
  });

  it('holds no real secret', () => {
    for (const secret of of('Secret'))
      for (const value of Object.values(secret.stringData)) expect(value).toMatch(/^<.*>$/);
  });

  it('begins from nothing on the network and opens what is named', () => {
    const policies = of('NetworkPolicy').map(({ spec }) => spec as Tree);
    expect(policies[0]).toEqual({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
    for (const { ingress = [], egress = [] } of policies) {
      for (const rule of [...ingress, ...egress]) {
        expect((rule.from ?? rule.to).length).toBeGreaterThan(0);
        expect(rule.ports.length).toBeGreaterThan(0);
      }
    }
    const world = named('NetworkPolicy', 'writ-to-the-world').spec.egress[0].to[0].ipBlock;
    expect(world.except).toEqual(expect.arrayContaining(['10.0.0.0/8', '169.254.0.0/16', '192.168.0.0/16']));
  });

  it('is what its README lists', () => {
    const listed = [...readFileSync(join(FOLDER, 'README.md'), 'utf8').matchAll(/^\| `([\w.]+)`/gm)].map(
      ([, name]) => name,
    );
    expect(listed.sort()).toEqual(
      readdirSync(FOLDER)
        .filter((name) => name.endsWith('.yaml'))
        .sort(),
    );
  });
});
