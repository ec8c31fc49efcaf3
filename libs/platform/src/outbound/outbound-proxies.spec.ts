import { describe, expect, it } from '@jest/globals';
import { readEnvironment } from '../config/environment/environment.js';
import { readProxies } from './outbound-proxies.js';

const PROXY = 'http://proxy.example:3128';

describe('a proxy of the environment', () => {
  it.each<[Record<string, string>, string, string | null]>([
    [{}, 'https://slack.com/', null],
    [{ HTTPS_PROXY: PROXY }, 'https://slack.com/', 'HTTPS_PROXY'],
    [{ https_proxy: PROXY, HTTPS_PROXY: PROXY }, 'https://slack.com/', 'https_proxy'],
    [{ HTTPS_PROXY: '' }, 'https://slack.com/', null],
    [{ HTTP_PROXY: PROXY }, 'https://slack.com/', null],
    [{ HTTP_PROXY: PROXY }, 'http://collector.example/', 'HTTP_PROXY'],
    [{ ALL_PROXY: PROXY }, 'https://slack.com/', 'ALL_PROXY'],
    [{ HTTPS_PROXY: PROXY }, 'https://localhost:8443/', null],
    [{ HTTPS_PROXY: PROXY }, 'https://[::1]:8443/', null],
    [{ HTTPS_PROXY: PROXY, NO_PROXY: '*' }, 'https://slack.com/', null],
    [{ HTTPS_PROXY: PROXY, NO_PROXY: 'a.example, slack.com' }, 'https://slack.com/', null],
    [{ HTTPS_PROXY: PROXY, NO_PROXY: '.slack.com' }, 'https://wss.slack.com/', null],
    [{ HTTPS_PROXY: PROXY, NO_PROXY: 'Slack.Com:443' }, 'https://slack.com/', null],
    [{ HTTPS_PROXY: PROXY, NO_PROXY: 'slack.com:8443' }, 'https://slack.com/', 'HTTPS_PROXY'],
    [{ HTTPS_PROXY: PROXY, NO_PROXY: 'slack.com' }, 'https://notslack.com/', 'HTTPS_PROXY'],
    [{ HTTPS_PROXY: PROXY, NO_PROXY: ',' }, 'https://slack.com/', 'HTTPS_PROXY'],
  ])('%j is for %s: %j', (env, url, variable) => {
    expect(readProxies(env).variableFor(new URL(url))).toBe(variable);
  });
});

describe('a process that would have to ignore it', () => {
  const oidc = {
    WRIT_OIDC_ISSUER: 'https://idp.example',
    WRIT_OIDC_CLIENT_ID: 'writ',
    WRIT_OIDC_CLIENT_SECRET: 'a-secret-0123456789',
  };
  const read = (env: Record<string, string>) => () => readEnvironment(env, '/srv');

  it('does not start, and says whom it would call and what to do', () => {
    expect(read({ HTTPS_PROXY: PROXY, ...oidc })).toThrow(
      /HTTPS_PROXY: is not honoured, and Writ calls idp\.example \(WRIT_OIDC_ISSUER\) directly.*NO_PROXY/,
    );
    expect(read({ https_proxy: PROXY, OTEL_EXPORTER_OTLP_ENDPOINT: 'https://otel.example' })).toThrow('otel.example');
    expect(read({ HTTPS_PROXY: `http://user:pass@proxy.example`, ...oidc })).not.toThrow('pass');
  });

  it('starts where that host is called directly anyway, and where there is none to call', () => {
    expect(read({ HTTPS_PROXY: PROXY, NO_PROXY: 'idp.example', ...oidc })).not.toThrow();
    expect(read({ HTTPS_PROXY: PROXY })).not.toThrow();
  });
});
