import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { parse, parseAllDocuments } from 'yaml';
import { readEnvironment, type WritEnvironment } from '#platform/config/environment/environment.js';

/** What a process needs so that somebody can sign in at an address that is not on loopback. */
const NEEDED = ['WRIT_ISSUER', 'WRIT_OIDC_ISSUER', 'WRIT_OIDC_CLIENT_ID', 'WRIT_OIDC_CLIENT_SECRET'] as const;

type Variables = Readonly<Record<string, string>>;

/** What an operator puts in place of a placeholder of this name. */
const GIVEN: Variables = {
  WRIT_ISSUER: 'https://writ.example',
  WRIT_OIDC_ISSUER: 'https://login.example',
  WRIT_MASTER_KEY: Buffer.alloc(32).toString('base64'),
  DATABASE_URL: 'postgres://writ_app:p@postgres:5432/writ',
  REDIS_URL: 'redis://:p@redis:6379',
  SLACK_SIGNING_SECRET: '0123456789abcdef0123456789abcdef',
};
const valueOf = (name: string): string => GIVEN[name] ?? name.replaceAll('_', '');

function signsIn(variables: Variables): WritEnvironment['oidc'] {
  for (const name of NEEDED) expect([name, variables[name] !== undefined]).toEqual([name, true]);
  return readEnvironment({ ...variables }, '/').oidc;
}

describe('the composition', () => {
  const { services } = parse(readFileSync('docker-compose.yml', 'utf8'), { merge: true }) as {
    services: Record<string, { environment?: Variables }>;
  };
  /** As Compose fills it in from `.env`, with the master key of `writ.env`. */
  const environmentOf = (service: string): Variables => ({
    ...Object.fromEntries(
      Object.entries(services[service]?.environment ?? {}).map(([name, value]) => [
        name,
        value.replace(/\$\{([A-Z_]+):\?[^}]*\}/g, (_whole, variable: string) => valueOf(variable)),
      ]),
    ),
    WRIT_MASTER_KEY: valueOf('WRIT_MASTER_KEY'),
  });

  it.each(['api-1', 'api-2', 'worker-1', 'worker-2'])(
    'names every variable by which people sign in at %s',
    (service) => {
      expect(signsIn(environmentOf(service))).toMatchObject({ issuer: 'https://login.example' });
    },
  );

  it('hands the migration a set of variables that it takes', () => {
    expect(readEnvironment({ ...environmentOf('migrate') }, '/').oidc).toBeNull();
  });
});

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly data?: Variables;
  readonly stringData?: Variables;
  readonly spec?: { readonly template: { readonly spec: { readonly containers: readonly Container[] } } };
}
interface Source {
  readonly configMapKeyRef?: { readonly name: string; readonly key: string };
}
interface Container {
  readonly env: readonly { readonly name: string; readonly value?: string; readonly valueFrom?: Source }[];
  readonly envFrom?: readonly { readonly configMapRef?: { name: string }; readonly secretRef?: { name: string } }[];
}

describe('the manifests of Kubernetes', () => {
  const manifests = ['api', 'people', 'worker', 'apply', 'configuration', 'secrets.example'].flatMap((file) =>
    parseAllDocuments(readFileSync(`deploy/kubernetes/${file}.yaml`, 'utf8')).map(
      (document) => document.toJS() as Manifest,
    ),
  );
  const named = (kind: string, name: string | undefined): Manifest | undefined =>
    manifests.find((manifest) => manifest.kind === kind && manifest.metadata.name === name);

  it.each([
    ['Deployment', 'writ-api'],
    ['Deployment', 'writ-people'],
    ['StatefulSet', 'writ-worker'],
  ])('name every variable by which people sign in, in the ConfigMap or the Secret of %s %s', (kind, name) => {
    const container = named(kind, name)?.spec?.template.spec.containers[0];
    const variables = Object.assign(
      {},
      ...(container?.envFrom ?? []).map(({ configMapRef, secretRef }) => ({
        ...named('ConfigMap', configMapRef?.name)?.data,
        ...Object.fromEntries(
          Object.keys(named('Secret', secretRef?.name)?.stringData ?? {}).map((key) => [key, valueOf(key)]),
        ),
      })),
      ...(container?.env ?? []).map((variable) => ({ [variable.name]: variable.value })),
    ) as Variables;
    expect(signsIn(variables)).toMatchObject({ issuer: 'https://login.example' });
  });

  it('hand the Job that applies a set of variables that it takes', () => {
    const { env = [], envFrom } = named('Job', 'writ-apply')?.spec?.template.spec.containers[0] ?? {};
    expect(envFrom).toBeUndefined();
    const variables = Object.fromEntries(
      env.map(({ name, valueFrom }) => {
        const { configMapKeyRef: map } = valueFrom ?? {};
        return [name, map === undefined ? valueOf(name) : (named('ConfigMap', map.name)?.data?.[map.key] ?? '')];
      }),
    );
    expect(readEnvironment(variables, '/')).toMatchObject({ oidc: null, configDir: '/etc/writ' });
  });
});
