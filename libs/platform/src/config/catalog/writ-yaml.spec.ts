import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { ConfigurationError } from '../configuration-error.js';
import { ensureDevelopmentKeys, idsWithDevelopmentKeys } from './development-keys.js';
import { ConfigurationFolder, publicJwk, SECRET_HASH, sound, spoilt } from '../testing/configuration-folder.js';

let folder: ConfigurationFolder;
beforeEach(() => {
  folder = new ConfigurationFolder();
});
afterEach(() => folder.remove());

describe('a configuration folder', () => {
  it('is read into the catalog, its defaults filled in', () => {
    folder.write(sound());
    const { catalog } = folder.read();
    expect(catalog.resources[0]).toMatchObject({
      id: 'https://payments.example',
      owners: 'oncall',
      maxTokenTtlSeconds: 120,
      signingAlg: 'ES256',
      verifiers: ['payments-api'],
    });
    expect(catalog.resources[0]?.actions.map(({ name, risk }) => `${name} ${risk}`)).toEqual([
      'refund.create high',
      'payment.read low',
    ]);
    expect(catalog.resources[0]?.actions[0]?.arguments).toEqual(
      sound().resources[0]?.actions['refund.create'].arguments,
    );
    expect(catalog.resources[0]?.actions[1]?.arguments).toBeNull();
    expect(catalog.clients[0]).toEqual({
      id: 'payments-api',
      auth: { kind: 'secret_hash', hash: SECRET_HASH },
      roles: ['verifier'],
    });
    expect(catalog.people[1]).toEqual({
      id: 'bob',
      name: null,
      email: null,
      oidc: null,
      roles: ['approver'],
      slack: [{ team: 'T0001', user: 'U0002' }],
    });
    expect(catalog.limits).toEqual({
      pendingPerAgent: 5,
      pendingPerOwner: 60,
      createsPerMinute: 6,
      breakGlassTtlSeconds: 300,
      denialBackOffSeconds: 60,
      signingKeyDays: 0,
      onPolicyChange: 'new_uses',
    });
  });

  it('says how often an agent must be heard of, and what a tightened policy does to live grants', () => {
    const { catalog } = folder.read(spoilt(['resources', 0, 'actions', 'refund.create', 'heartbeat'], 60));
    expect(catalog.resources[0]?.actions.find(({ name }) => name === 'refund.create')?.heartbeatSeconds).toBe(60);
    expect(folder.read(sound()).catalog.resources[0]?.actions[0]).not.toHaveProperty('heartbeatSeconds');
    const live = folder.read(spoilt(['limits', 'on_policy_change'], 'live')).catalog;
    expect(live.limits.onPolicyChange).toBe('live');
  });

  it('may say only what it must', () => {
    folder.write({
      resources: [{ id: 'http://localhost:8080/api', actions: { read: { risk: 'low' } } }],
      people: [{ id: 'alice' }],
      agents: [{ id: 'bot', owner: 'alice', auth: { jwks: { keys: [publicJwk()] } } }],
    });
    const { catalog, policies } = folder.read();
    expect(catalog.resources[0]).toMatchObject({
      name: 'http://localhost:8080/api',
      environment: null,
      owners: null,
      maxTokenTtlSeconds: 300,
      verifiers: [],
    });
    expect(catalog.agents[0]).toMatchObject({ name: 'bot', groups: [] });
    expect(catalog.limits).toEqual({
      pendingPerAgent: 20,
      pendingPerOwner: 60,
      createsPerMinute: 60,
      breakGlassTtlSeconds: 300,
      denialBackOffSeconds: 60,
      signingKeyDays: 0,
      onPolicyChange: 'new_uses',
    });
    expect(policies).toEqual([]);
  });

  it('joins both spellings of membership, and makes the groups that only agents name', () => {
    const file = sound();
    file.groups.push({ id: 'bots', members: ['support-bot'], slack_channel: 'C0002' });
    folder.write(file);
    const { catalog } = folder.read();
    expect(catalog.groups).toEqual([
      { id: 'oncall', members: ['bob', 'support-bot'], slackChannel: 'C0001', deputy: null, notify: [] },
      { id: 'bots', members: ['support-bot'], slackChannel: 'C0002', deputy: null, notify: [] },
      { id: 'support', members: ['support-bot'], slackChannel: null, deputy: null, notify: [] },
    ]);
    expect(catalog.agents[0]?.groups).toEqual(['oncall', 'bots', 'support']);
  });

  it('gives the policies in order of name, and nothing else of their folder', () => {
    for (const name of ['b.cedar', 'a.cedar', '.hidden.cedar', 'README.md'])
      writeFileSync(join(folder.configDir, 'policies', name), `// ${name}`);
    folder.write(sound());
    expect(folder.read().policies).toEqual([
      { name: 'a.cedar', text: '// a.cedar' },
      { name: 'b.cedar', text: '// b.cedar' },
    ]);
  });

  it('has a digest that follows its meaning and not its comments', () => {
    const file = stringify(sound());
    const digestOf = (text: string): string => {
      folder.write(text);
      return folder.read().sha256;
    };
    expect(digestOf(file)).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(digestOf(`# a comment\n${file}`)).toBe(digestOf(file));
    expect(digestOf(file.replace('max_token_ttl: 120', 'max_token_ttl: 121'))).not.toBe(digestOf(file));
  });

  it.each([
    [
      'no folder',
      (): void => rmSync(folder.configDir, { recursive: true }),
      ['WRIT_CONFIG: must name a folder that holds writ.yaml and policies/'],
    ],
    [
      'no file and no policies',
      (): void => rmSync(join(folder.configDir, 'policies'), { recursive: true }),
      ['writ.yaml: does not exist', 'policies: the folder does not exist'],
    ],
    [
      'another encoding',
      (): void => writeFileSync(join(folder.configDir, 'writ.yaml'), Buffer.from([0x61, 0xff])),
      ['writ.yaml: must be UTF-8'],
    ],
  ])('with %s is refused in clear words', (_name, spoil, problems) => {
    spoil();
    expect(() => folder.read()).toThrow(ConfigurationError);
    expect(() => folder.read()).toThrow(problems.map((problem) => `  - ${problem}`).join('\n'));
  });
});

describe('the sample configuration', () => {
  it('is read with the keys that the embedded default makes for it', () => {
    rmSync(folder.configDir, { recursive: true });
    cpSync('config/sample', folder.configDir, { recursive: true });
    const ids = idsWithDevelopmentKeys(folder.configDir);
    expect(ids).toEqual([
      'support-bot',
      'deploy-bot',
      'payments-api',
      'deploys-api',
      'secrets-api',
      'auditor-tool',
      'ops-cli',
    ]);
    ensureDevelopmentKeys(folder.dataDir, ids);
    const { catalog } = folder.read();
    expect(catalog.agents.map(({ id, groups }) => [id, groups])).toEqual([
      ['support-bot', ['support']],
      ['deploy-bot', ['delivery']],
    ]);
    expect(
      catalog.agents.every(({ auth }) => auth.kind === 'jwks' && auth.keys.length === 1 && !('d' in auth.keys[0]!)),
    ).toBe(true);
  });
});

describe('writ.yaml is YAML without surprises', () => {
  it.each([
    ['nothing', '', ['writ.yaml: must be a mapping']],
    ['a list', '- a', ['writ.yaml: must be a mapping']],
    ['bad syntax', 'a: [1\nb: 2', [expect.stringMatching(/^writ\.yaml line \d: /)]],
    ['a key given twice', 'people: []\npeople: []', ['writ.yaml line 2: this key stands twice']],
    [
      'an anchor and its alias',
      'people: &a []\ngroups: *a',
      [
        expect.stringContaining('line 1: anchors and aliases are not read'),
        expect.stringContaining('line 2: anchors and aliases'),
      ],
    ],
    ['a merge key', 'limits: { <<: { pending_per_agent: 1 } }', ['limits.<<: is not a known key']],
    ['a tag', 'people: !!set {}', [expect.stringContaining('writ.yaml line 1: ')]],
    ['a private tag', 'people: !mine []', [expect.stringContaining('writ.yaml line 1: ')]],
    ['another version', '%YAML 1.1\n---\npeople: []', ['writ.yaml line 1: must be YAML 1.2']],
    ['two documents', 'people: []\n---\npeople: []', [expect.stringContaining('writ.yaml line ')]],
    ['a key that is no text', '? [a]\n: 1', [expect.stringContaining('writ.yaml line 1: ')]],
    ['half a surrogate pair', 'people: ["\\ud800"]', ['writ.yaml line 1: holds half of a surrogate pair']],
    ['the prototype as key', '__proto__: { resources: [] }', ['__proto__: is not a known key']],
  ])('%s is refused', (_name, text, problems) => {
    expect(folder.problemsOf(text)).toEqual(problems);
  });

  it('deep nesting is refused before it costs the stack', () => {
    expect(folder.problemsOf(`people: ${'['.repeat(100)}${']'.repeat(100)}`)).toEqual([
      expect.stringContaining('nested too deeply'),
    ]);
    expect(folder.problemsOf(`people: ${'['.repeat(20_000)}`).length).toBeGreaterThan(0);
  });

  it('plain words stay words: no, on and y are not booleans', () => {
    folder.write(spoilt(['resources', 0, 'environment'], 'x'));
    const text = readFileSync(join(folder.configDir, 'writ.yaml'), 'utf8').replace('environment: x', 'environment: no');
    folder.write(text);
    expect(folder.read().catalog.resources[0]?.environment).toBe('no');
  });
});
