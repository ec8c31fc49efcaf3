import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ConfigurationFolder, SECRET_HASH, sound, spoilt } from '../testing/configuration-folder.js';

let folder: ConfigurationFolder;
beforeEach(() => {
  folder = new ConfigurationFolder();
});
afterEach(() => folder.remove());

describe('writ.yaml is refused with path and rule', () => {
  const refund = ['resources', 0, 'actions', 'refund.create'];
  const args = [...refund, 'arguments'];
  it.each<[readonly (string | number)[], unknown, string]>([
    [['resorces'], [], 'resorces: is not a known key'],
    [['resources'], {}, 'resources: must be a list'],
    [['resources', 0], 'x', 'resources[0]: must be a mapping'],
    [['resources', 0, 'owner'], 'x', 'resources[0].owner: is not a known key'],
    [['resources', 0, 'id'], undefined, 'resources[0].id: is required'],
    [['resources', 0, 'id'], 8080, 'resources[0].id: must be text (put it in quotes)'],
    [['resources', 0, 'name'], '', 'resources[0].name: must have 1 to 128 characters'],
    [['resources', 0, 'name'], null, 'resources[0].name: must be text (put it in quotes)'],
    [['resources', 0, 'environment'], 'a\u0007', 'resources[0].environment: must not hold control characters'],
    [['resources', 0, 'owners'], 'nobody', 'resources[0].owners: must be one of the groups'],
    [['resources', 0, 'owners'], 'support', 'resources[0].owners: must be one of the groups'],
    [['resources', 0, 'max_token_ttl'], 0, 'resources[0].max_token_ttl: must be a whole number from 1 to 3600'],
    [['resources', 0, 'max_token_ttl'], 3601, 'resources[0].max_token_ttl: must be a whole number from 1 to 3600'],
    [['resources', 0, 'max_token_ttl'], 1.5, 'resources[0].max_token_ttl: must be a whole number from 1 to 3600'],
    [['resources', 0, 'max_token_ttl'], '300', 'resources[0].max_token_ttl: must be a whole number from 1 to 3600'],
    [['resources', 0, 'signing_alg'], 'none', 'resources[0].signing_alg: must be ES256 or RS256'],
    [['resources', 0, 'verifiers'], ['x'], 'resources[0].verifiers[0]: must be one of the clients'],
    [['resources', 0, 'verifiers'], ['support-bot'], 'resources[0].verifiers[0]: must be one of the clients'],
    [
      ['resources', 0, 'verifiers'],
      ['payments-api', 'payments-api'],
      'resources[0].verifiers[1]: stands twice in this list',
    ],
    [['resources', 0, 'actions'], {}, 'resources[0].actions: must name at least one action'],
    [[...refund, 'risk'], 'huge', 'resources[0].actions.refund.create.risk: must be low, medium or high'],
    [
      [...refund, 'heartbeat'],
      4,
      'resources[0].actions.refund.create.heartbeat: must be a whole number from 5 to 3600',
    ],
    [
      [...refund, 'heartbeat'],
      3601,
      'resources[0].actions.refund.create.heartbeat: must be a whole number from 5 to 3600',
    ],
    [['limits', 'on_policy_change'], 'all', 'limits.on_policy_change: must be new_uses, off or live'],
    [['limits', 'on_policy_change'], false, 'limits.on_policy_change: must be new_uses, off or live'],
    [[...refund, 'risk'], undefined, 'resources[0].actions.refund.create.risk: is required'],
    [
      ['resources', 0, 'actions', 'a b'],
      { risk: 'low' },
      'resources[0].actions.a b: its name must begin with a letter or digit',
    ],
    [[...args, 'type'], 'array', 'resources[0].actions.refund.create.arguments.type: must be object'],
    [
      [...args, 'additionalProperties'],
      true,
      'resources[0].actions.refund.create.arguments.additionalProperties: must be false',
    ],
    [
      [...args, 'additionalProperties'],
      undefined,
      'resources[0].actions.refund.create.arguments.additionalProperties: is required',
    ],
    [[...args, 'oneOf'], [], 'resources[0].actions.refund.create.arguments.oneOf: is not a known key'],
    [
      [...args, 'required'],
      ['nope'],
      'resources[0].actions.refund.create.arguments.required[0]: must be one of the properties',
    ],
    [
      [...args, 'required'],
      ['constructor'],
      'resources[0].actions.refund.create.arguments.required[0]: must be one of the properties',
    ],
    [
      [...args, 'required'],
      ['order', 'order'],
      'resources[0].actions.refund.create.arguments.required[1]: stands twice in this list',
    ],
    [
      [...args, 'properties', 'x'],
      { type: 'number' },
      'resources[0].actions.refund.create.arguments.properties.x.type: must be boolean, integer, string or array',
    ],
    [
      [...args, 'properties', 'x'],
      { type: 'object' },
      'resources[0].actions.refund.create.arguments.properties.x.type: must be boolean, integer, string or array',
    ],
    [
      [...args, 'properties', 'x'],
      { type: ['string', 'null'] },
      'resources[0].actions.refund.create.arguments.properties.x.type: must be boolean',
    ],
    [[...args, 'properties', 'x'], {}, 'resources[0].actions.refund.create.arguments.properties.x.type: is required'],
    [
      [...args, 'properties', '__entity'],
      { type: 'boolean' },
      'resources[0].actions.refund.create.arguments.properties.__entity: its name must not begin "__"',
    ],
    [
      [...args, 'properties', 'order', 'default'],
      'x',
      'resources[0].actions.refund.create.arguments.properties.order.default: is not a known key',
    ],
    [
      [...args, 'properties', 'order', 'maxLength'],
      0,
      'resources[0].actions.refund.create.arguments.properties.order.maxLength: must be a whole number',
    ],
    [
      [...args, 'properties', 'order', 'enum'],
      [],
      'resources[0].actions.refund.create.arguments.properties.order.enum: must list 1 to 200 texts',
    ],
    [
      [...args, 'properties', 'order', 'enum'],
      ['a', 'a'],
      'resources[0].actions.refund.create.arguments.properties.order.enum: must not list a text twice',
    ],
    [
      [...args, 'properties', 'order', 'enum'],
      [1],
      'resources[0].actions.refund.create.arguments.properties.order.enum[0]: must be text',
    ],
    [
      [...args, 'properties', 'order', 'pattern'],
      '(',
      'resources[0].actions.refund.create.arguments.properties.order.pattern: must be a regular expression',
    ],
    [
      [...args, 'properties', 'order', 'pattern'],
      '^(?=a)',
      'resources[0].actions.refund.create.arguments.properties.order.pattern: must be a regular expression',
    ],
    [
      [...args, 'properties', 'order', 'pattern'],
      'a'.repeat(201),
      'resources[0].actions.refund.create.arguments.properties.order.pattern: must have 1 to 200 characters',
    ],
    [
      [...args, 'properties', 'amount', 'maximum'],
      2 ** 53,
      'resources[0].actions.refund.create.arguments.properties.amount.maximum: must be a whole number',
    ],
    [
      [...args, 'properties', 'amount', 'maximum'],
      0,
      'resources[0].actions.refund.create.arguments.properties.amount: its minimum must not exceed its maximum',
    ],
    [
      [...args, 'properties', 'tags', 'items'],
      undefined,
      'resources[0].actions.refund.create.arguments.properties.tags.items: is required',
    ],
    [
      [...args, 'properties', 'tags', 'items'],
      { type: 'object' },
      'resources[0].actions.refund.create.arguments.properties.tags.items.type: must be',
    ],
    [['agents', 0, 'id'], 'payments-api', 'clients[0].id: is the id of an agent: the two share one namespace'],
    [['agents', 0, 'id'], 'bob', 'agents[0].id: is also a person: rename one'],
    [['agents', 0, 'id'], 'sup port', 'agents[0].id: must begin with a letter or digit'],
    [['agents', 0, 'id'], 'а-bot', 'agents[0].id: must begin with a letter or digit'],
    [['agents', 0, 'owner'], 'zed', 'agents[0].owner: must be one of the people'],
    [['agents', 0, 'groups'], ['a b'], 'agents[0].groups[0]: must begin with a letter or digit'],
    [['agents', 0, 'auth'], undefined, 'agents[0].auth: is required'],
    [['agents', 0, 'auth'], {}, 'agents[0].auth: must have exactly one of jwks, jwks_file, federation or spiffe'],
    [['agents', 0, 'auth', 'jwks_file'], 'a.json', 'agents[0].auth: must have exactly one of jwks, jwks_file,'],
    [['agents', 0, 'auth'], { secret_hash: SECRET_HASH }, 'agents[0].auth.secret_hash: is not a known key'],
    [
      ['agents', 0, 'auth'],
      { federation: { issuer: 'https://x' } },
      'agents[0].auth.federation.subject: is required',
    ],
    [['agents', 0, 'auth'], { spiffe: { id: 'spiffe://x/y' } }, 'agents[0].auth.spiffe.jwks_uri: is required'],
    [['agents', 0, 'auth', 'jwks', 'keys'], [], 'agents[0].auth.jwks.keys: must hold 1 to 100 keys'],
    [
      ['clients', 0, 'auth', 'secret_hash'],
      'plain',
      'clients[0].auth.secret_hash: must be scrypt$16384$8$1$<salt>$<32-byte hash>',
    ],
    [
      ['clients', 0, 'auth', 'secret_hash'],
      SECRET_HASH.replace('16384', '1024'),
      'clients[0].auth.secret_hash: must be scrypt',
    ],
    [['clients', 0, 'auth', 'secret_hash'], `${SECRET_HASH}b`, 'clients[0].auth.secret_hash: must be scrypt'],
    [['clients', 0, 'roles'], ['approver'], 'clients[0].roles[0]: must be verifier, auditor or operator'],
    [['clients', 0, 'roles'], [], 'clients[0].roles: must name at least one role'],
    [['clients', 0, 'roles'], ['auditor'], 'resources[0].verifiers[0]: must be a client with the role verifier'],
    [['people', 1, 'id'], 'alice', 'people[1].id: is the id of an earlier person'],
    [['people', 1, 'roles'], ['verifier'], 'people[1].roles[0]: must be approver, auditor or operator'],
    [['people', 1, 'email'], 'bob', 'people[1].email: must be an e-mail address'],
    [
      ['people', 1, 'slack'],
      [{ team: 'T0001', user: 'U0001' }],
      'people[1].slack[0]: is already the Slack account of a person',
    ],
    [['people', 1, 'slack'], [{ team: 'T0001' }], 'people[1].slack[0].user: is required'],
    [['people', 1, 'slack', 0, 'user'], '@bob', 'people[1].slack[0].user: must be a Slack user id'],
    [['people', 1, 'name'], ' ', 'people[1].name: must have 1 to 128 characters'],
    [['people', 1, 'name'], 'Bob\u0007', 'people[1].name: must not hold control characters'],
    [['people', 1, 'oidc'], {}, 'people[1].oidc.subject: is required'],
    [['people', 1, 'oidc'], { subject: 248289761001 }, 'people[1].oidc.subject: must be text (put it in quotes)'],
    [['people', 1, 'oidc'], { subject: 's', email: 'bob@example.com' }, 'people[1].oidc.email: is not a known key'],
    [['people', 1, 'oidc'], { subject: 'subject-of-alice' }, 'people[1].oidc: is already the sign-in of a person'],
    [['groups', 0, 'members'], ['payments-api'], 'groups[0].members[0]: must be one of the people or agents'],
    [['groups', 0, 'members'], 'bob', 'groups[0].members: must be a list'],
    [['groups', 0, 'slack_channel'], '#oncall', 'groups[0].slack_channel: must be a Slack channel id'],
    [['groups', 1], { id: 'oncall', members: [] }, 'groups[1].id: is the id of an earlier group'],
    [['limits', 'pending_per_agent'], 0, 'limits.pending_per_agent: must be a whole number from 1 to'],
    [['limits', 'creates_per_hour'], 5, 'limits.creates_per_hour: is not a known key'],
  ])('%j = %j', (path, value, problem) => {
    expect(folder.problemsOf(spoilt(path, value))).toContainEqual(expect.stringContaining(problem));
  });

  it('and all problems at once, from every section', () => {
    const problems = folder.problemsOf({
      resources: [{}],
      agents: [{}],
      clients: [{}],
      people: [{}],
      groups: [{}],
      limits: [],
      more: 1,
    });
    expect(problems.map((problem) => problem.split(':')[0])).toEqual([
      'more',
      'limits',
      'resources[0].id',
      'resources[0].actions',
      'agents[0].id',
      'agents[0].owner',
      'agents[0].auth',
      'clients[0].id',
      'clients[0].auth',
      'clients[0].roles',
      'people[0].id',
      'groups[0].id',
      'groups[0].members',
    ]);
  });

  it('and a member that is both a person and an agent, in whichever spelling', () => {
    const file = sound();
    file.people.push({ id: 'support-bot', roles: ['approver'], slack: [] });
    file.groups[0]?.members.push('support-bot');
    expect(folder.problemsOf(file)).toEqual([
      'groups[0].members[1]: is both a person and an agent: rename one',
      'agents[0].id: is also a person: rename one',
    ]);
  });
});

describe('a resource id', () => {
  it.each([
    'https://payments.example',
    'http://127.0.0.1:8080/a/b?c=d',
    'https://[::1]:8443/',
    'https://Payments.Example/',
    `https://a.example/${'x'.repeat(238)}`,
  ])('may be %s', (id) => {
    folder.write(spoilt(['resources', 0, 'id'], id));
    expect(folder.read().catalog.resources[0]?.id).toBe(id);
  });

  it.each([
    'payments.example',
    '/payments',
    'ftp://payments.example',
    'https:payments.example',
    'https://',
    'https:///x',
    'https://a.example#',
    'https://a.example/#x',
    'https://u@a.example',
    'https://u:p@a.example/',
    'https://a.example/a b',
    'https://a.example\\@b',
    'https://bücher.example',
    'urn:x',
    `https://a.example/${'x'.repeat(239)}`,
  ])('may not be %s', (id) => {
    expect(folder.problemsOf(spoilt(['resources', 0, 'id'], id))).toEqual([
      expect.stringContaining('resources[0].id: must be an absolute http(s) URI'),
    ]);
  });

  it('stands once', () => {
    const file = sound();
    expect(folder.problemsOf({ ...file, resources: [file.resources[0], file.resources[0]] })).toEqual([
      'resources[1].id: is the id of an earlier resource',
    ]);
  });
});
