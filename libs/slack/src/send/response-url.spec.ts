import { describe, expect, it } from '@jest/globals';
import { answerAt, isResponseUrl } from './response-url.js';

const SLACK = 'https://slack.com/api/';
const LOCAL = 'http://127.0.0.1:4010/api/';

describe('a response URL', () => {
  it.each([
    [SLACK, 'https://hooks.slack.com/actions/T1/2/abc'],
    ['https://slack-gov.com/api/', 'https://hooks.slack-gov.com/actions/T1/2/abc'],
    [LOCAL, 'http://127.0.0.1:4010/actions/T1/2/abc'],
  ])('beside %s may be %s', (api, url) => expect(isResponseUrl(api, url)).toBe(true));

  it.each([
    [SLACK, 'http://hooks.slack.com/actions/T1/2/abc'],
    [SLACK, 'https://hooks.slack.com.evil.example/x'],
    [SLACK, 'https://evil.example/hooks.slack.com'],
    [SLACK, 'https://hooks.slack.com@evil.example/x'],
    [SLACK, 'https://x:y@hooks.slack.com/x'],
    [SLACK, 'https://hooks.slack.com:8443/x'],
    [SLACK, 'https://hooks.slack-gov.com/x'],
    [SLACK, 'http://127.0.0.1:4010/actions/T1/2/abc'],
    [SLACK, 'http://169.254.169.254/latest'],
    [SLACK, 'file:///etc/passwd'],
    [SLACK, 'not an address'],
    [LOCAL, 'http://127.0.0.1:4011/actions/T1/2/abc'],
    [LOCAL, 'https://hooks.slack.com/actions/T1/2/abc'],
  ])('beside %s may not be %s, and is not called', async (api, url) => {
    expect(isResponseUrl(api, url)).toBe(false);
    expect(await answerAt(api, url, {})).toEqual({ kind: 'gone', error: 'foreign_response_url' });
  });
});
