import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ConfigurationFolder, sound, spoilt } from '../testing/configuration-folder.js';

let folder: ConfigurationFolder;
beforeEach(() => {
  folder = new ConfigurationFolder();
});
afterEach(() => folder.remove());

/** The sound file with groups that name these deputies, in order. */
function deputies(...chain: (string | null)[]): unknown {
  const groups = chain.map((deputy, index) => ({
    id: `g${index}`,
    members: ['bob'],
    ...(deputy === null ? {} : { deputy }),
  }));
  return { ...sound(), groups: [...sound().groups, ...groups] };
}

describe('a group', () => {
  it('names its deputy, and who is told of what it is asked', () => {
    const file = spoilt(['groups', 0, 'notify'], [
      { email: 'oncall@example.com' },
      { webhook: 'https://hooks.example/writ?team=1' },
      { webhook: 'http://localhost:8080/hook' },
    ]) as ReturnType<typeof sound>;
    const groups = [{ ...file.groups[0], deputy: 'others' }, { id: 'others', members: ['bob'] }];
    const { catalog } = folder.read({ ...file, groups });
    expect(catalog.groups.slice(0, 2)).toMatchObject([
      {
        deputy: 'others',
        notify: [
          { kind: 'email', address: 'oncall@example.com' },
          { kind: 'webhook', url: 'https://hooks.example/writ?team=1' },
          { kind: 'webhook', url: 'http://localhost:8080/hook' },
        ],
      },
      { deputy: null, notify: [] },
    ]);
  });

  it.each([
    ['nobody', 'must be one of the groups'],
    ['oncall', 'must be another group'],
    ['a b', 'must begin with a letter or digit'],
    [['oncall'], 'must be text'],
  ])('is not stood in for by %j', (deputy, rule) => {
    expect(folder.problemsOf(spoilt(['groups', 0, 'deputy'], deputy))).toEqual([
      expect.stringContaining(`groups[0].deputy: ${rule}`),
    ]);
  });

  it('is not its own deputy by way of others', () => {
    expect(folder.problemsOf(deputies('g1', 'g2', null))).toEqual([]);
    expect(folder.problemsOf(deputies('g1', 'g2', 'g0'))).toEqual([
      'groups[1].deputy: must not lead back to this group',
      'groups[2].deputy: must not lead back to this group',
      'groups[3].deputy: must not lead back to this group',
    ]);
    expect(folder.problemsOf(deputies('g1', 'g2', 'g1'))).toHaveLength(2);
  });
});

describe('a place that is told', () => {
  it.each<[unknown, string]>([
    [{ email: 'x' }, 'groups[0].notify: must be a list'],
    [[{}], 'groups[0].notify[0]: must have exactly one of email and webhook'],
    [
      [{ email: 'a@example.com', webhook: 'https://hooks.example' }],
      'groups[0].notify[0]: must have exactly one of email and webhook',
    ],
    [[{ sms: '+1' }], 'groups[0].notify[0].sms: is not a known key'],
    [[{ email: 'Bob <bob@example.com>' }], 'groups[0].notify[0].email: must be one e-mail address'],
    [[{ email: 'a@example.com,b@example.com' }], 'groups[0].notify[0].email: must be one e-mail address'],
    [[{ email: 'a@example.com\nBcc: b@example.com' }], 'groups[0].notify[0].email: must be one e-mail address'],
    [[{ webhook: 'http://hooks.example/' }], 'groups[0].notify[0].webhook: must be an https URL'],
    [[{ webhook: 'https://u:p@hooks.example/' }], 'groups[0].notify[0].webhook: must not have userinfo'],
    [[{ webhook: 'https://10.0.0.1/' }], 'groups[0].notify[0].webhook: must not name a private'],
    [[{ webhook: 'https://169.254.169.254/' }], 'groups[0].notify[0].webhook: must not name a private'],
    [[{ email: 'a@example.com' }, { email: 'A@example.com' }], 'groups[0].notify[1]: stands twice in this list'],
    [
      Array.from({ length: 11 }, (_, index) => ({ email: `a${index}@example.com` })),
      'groups[0].notify: must name at most 10 places',
    ],
  ])('is not %j', (notify, problem) => {
    expect(folder.problemsOf(spoilt(['groups', 0, 'notify'], notify))).toContainEqual(expect.stringContaining(problem));
  });
});
