import { describe, expect, it } from '@jest/globals';
import { readRedisUrl } from './redis-url.js';

describe('the URL of a Redis', () => {
  it('names one server, and stays as it is', () => {
    expect(readRedisUrl('rediss://u:p@cache:6380/2')).toEqual({ kind: 'single', url: 'rediss://u:p@cache:6380/2' });
  });

  it('names the Sentinels that know the server', () => {
    expect(readRedisUrl('redis+sentinel://writ:p%40ss@s1,s2:26380,[fd00::1]/mymaster/3')).toEqual({
      kind: 'sentinel',
      sentinels: [
        { host: 's1', port: 26_379 },
        { host: 's2', port: 26_380 },
        { host: 'fd00::1', port: 26_379 },
      ],
      name: 'mymaster',
      db: 3,
      username: 'writ',
      password: 'p@ss',
      tls: false,
    });
  });

  it('names some nodes of a cluster', () => {
    expect(readRedisUrl('rediss+cluster://:secret@n1:7001,n2:7002')).toEqual({
      kind: 'cluster',
      nodes: [
        { host: 'n1', port: 7_001 },
        { host: 'n2', port: 7_002 },
      ],
      password: 'secret',
      tls: true,
    });
  });

  it.each([
    'http://cache',
    'redis+sentinel://s1:26379',
    'redis+sentinel://s1/',
    'redis+sentinel://s1/my master',
    'redis+sentinel://s1:0/m',
    'redis+sentinel://s1:65536/m',
    'redis+sentinel://s1,/m',
    'redis+sentinel://u:%zz@s1/m',
    'redis+cluster://n1:7001/1',
    'redis+cluster://n1?x=1',
    'redis+other://n1',
  ])('is not %s', (text) => {
    expect(readRedisUrl(text)).toBeNull();
  });
});
