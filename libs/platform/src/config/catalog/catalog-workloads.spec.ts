import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ConfigurationFolder, sound } from '../testing/configuration-folder.js';

let folder: ConfigurationFolder;
beforeEach(() => {
  folder = new ConfigurationFolder();
});
afterEach(() => folder.remove());

const CI = { issuer: 'https://ci.example', subject: 'repo:a' };
const SVID = { id: 'spiffe://example.org/agent/a', jwks_uri: 'https://spire.example/keys' };

function agents(...auths: unknown[]) {
  const file = sound();
  const [first] = file.agents;
  return { ...file, agents: auths.map((auth, index) => ({ ...first, id: `bot-${index}`, auth })) };
}
const read = (...auths: unknown[]) => folder.read(agents(...auths)).catalog.agents.map(({ auth }) => auth);
const problems = (...auths: unknown[]) => folder.problemsOf(agents(...auths)).join('\n');

describe('auth.federation', () => {
  it('is read with its defaults', () => {
    expect(read({ federation: CI })).toEqual([
      { kind: 'federation', ...CI, jwksUri: null, audience: null, claims: {} },
    ]);
  });

  it('is read whole; an id without quotes is the same as in quotes', () => {
    const claims = { repository_id: 42, ref: 'refs/heads/main' };
    expect(read({ federation: { ...CI, jwks_uri: 'https://ci.example/keys', audience: 'writ', claims } })).toEqual([
      {
        kind: 'federation',
        ...CI,
        jwksUri: 'https://ci.example/keys',
        audience: 'writ',
        claims: { repository_id: '42', ref: 'refs/heads/main' },
      },
    ]);
  });

  it('lets agents share an issuer that differ in subject or claims', () => {
    const auths = ['1', '2'].map((id) => ({ federation: { ...CI, claims: { repository_id: id } } }));
    expect(read(...auths, { federation: { ...CI, subject: 'repo:b', jwks_uri: 'https://ci.example/k' } })).toHaveLength(3);
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['no issuer', { issuer: undefined }, 'issuer: is required'],
    ['no subject', { subject: undefined }, 'subject: is required'],
    ['an unknown key', { subject_pattern: 'repo:*' }, 'subject_pattern: is not a known key'],
    ['http', { issuer: 'http://ci.example' }, 'issuer: must be an https URL'],
    ['another scheme', { jwks_uri: 'file:///keys' }, 'jwks_uri: must be an https URL'],
    ['no URL', { issuer: 'ci' }, 'issuer: must be an https URL'],
    ['userinfo', { issuer: 'https://a:b@ci.example' }, 'issuer: must not have userinfo'],
    ['a fragment', { jwks_uri: 'https://ci.example/k#x' }, 'jwks_uri: must not have userinfo or fragment'],
    ['a query', { issuer: 'https://ci.example?x=1' }, 'issuer: must not have a query'],
    ['a private address', { jwks_uri: 'https://10.0.0.1/k' }, 'jwks_uri: must not name a private'],
    ['the metadata service', { issuer: 'https://169.254.169.254' }, 'issuer: must not name a private'],
    ['a decimal private address', { jwks_uri: 'https://167772161/k' }, 'jwks_uri: must not name a private'],
    ['a mapped address', { jwks_uri: 'https://[::ffff:10.0.0.1]/k' }, 'jwks_uri: must not name a private'],
    ['a claim with a rule of its own', { claims: { aud: 'x' } }, 'claims.aud: has its own key or rule'],
    ['a claim that is a list', { claims: { groups: ['a'] } }, 'claims.groups: must be text'],
    ['claims that are no mapping', { claims: ['a'] }, 'claims: must be a mapping'],
  ])('is refused with %s', (_case, change, rule) => {
    expect(problems({ federation: { ...CI, ...change } })).toContain(`agents[0].auth.federation.${rule}`);
  });

  it('is refused for two agents that no token could tell apart', () => {
    expect(problems({ federation: CI }, { federation: CI })).toContain(
      'agents[1].auth.federation: is the identity of an earlier agent',
    );
  });

  it('is refused for clients', () => {
    const file = sound();
    const [client] = file.clients;
    const clients = [{ ...client, auth: { federation: CI } }];
    expect(folder.problemsOf({ ...file, clients }).join()).toContain('clients[0].auth.federation: is not a known key');
  });
});

describe('auth.spiffe', () => {
  it('is read', () => {
    expect(read({ spiffe: SVID })).toEqual([{ kind: 'spiffe', id: SVID.id, jwksUri: SVID.jwks_uri }]);
  });

  it.each([
    'spiffe://example.org',
    'spiffe://example.org/',
    'spiffe://example.org/a/',
    'spiffe://example.org/a//b',
    'spiffe://example.org/../a',
    'spiffe://Example.org/a',
    'spiffe://example.org:8443/a',
    'spiffe://example.org/a?x',
    'https://example.org/a',
  ])('is refused with the id %s', (id) => {
    expect(problems({ spiffe: { ...SVID, id } })).toContain('agents[0].auth.spiffe.id: must be a SPIFFE id');
  });

  it('is refused for one trust domain with two places for its keys', () => {
    const other = { id: 'spiffe://example.org/agent/b', jwks_uri: 'https://elsewhere.example/keys' };
    expect(problems({ spiffe: SVID }, { spiffe: other })).toContain('agents[1].auth.spiffe.jwks_uri: differs');
    expect(read({ spiffe: SVID }, { spiffe: { ...other, jwks_uri: SVID.jwks_uri } })).toHaveLength(2);
  });

  it('is refused twice for one id', () => {
    expect(problems({ spiffe: SVID }, { spiffe: SVID })).toContain('is the identity of an earlier agent');
  });

  it('is refused beside another method', () => {
    expect(problems({ spiffe: SVID, federation: CI })).toContain('must have exactly one of jwks, jwks_file, federation');
  });
});
