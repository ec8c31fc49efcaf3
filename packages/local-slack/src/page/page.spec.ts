import { Script } from 'node:vm';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { CARD, startWorkbench, type Workbench } from '../testing/workbench.js';
import { formatDate, mrkdwn, plain } from './mrkdwn.js';
import { PAGE_SCRIPT } from './page-script.js';

const names = {
  person: (id: string) => (id === 'U0001' ? 'Alice' : undefined),
  channel: () => 'payments-oncall',
  now: 0,
};
const shown = (text: string): string => mrkdwn(text, names).text;

describe('text', () => {
  it('that is plain stays inert, whatever it holds', () => {
    expect(plain('*a* <https://x.example|b> <script>', false).text).toBe(
      '*a* &#60;https://x.example|b&#62; &#60;script&#62;',
    );
    expect(plain(':lock:', false).text).toBe(':lock:');
    expect(plain(':lock:').text).toBe('🔒');
  });

  it.each([
    ['*bold* _it_ ~no~', '<strong>bold</strong> <em>it</em> <s>no</s>'],
    ['`*code*`', '<code>*code*</code>'],
    ['2*3*4 and a_b_c', '2*3*4 and a_b_c'],
    ['hello <@U0001>', 'hello <span class="mention">@Alice</span>'],
    ['> quoted\nnot', '<blockquote>quoted</blockquote>not'],
    ['one\ntwo', 'one<br>two'],
  ])('in mrkdwn: %s', (text, markup) => expect(shown(text)).toBe(markup));

  it('links to the web only, without leaking this page', () => {
    expect(shown('<https://x.example/?a=1&amp;b=2|go>')).toBe(
      '<a href="https://x.example/?a=1&#38;b=2" target="_blank" rel="noopener noreferrer">go</a>',
    );
    expect(shown('<javascript:alert(1)|go>')).toBe('go');
  });

  it('never becomes markup, not even by entities or private characters', () => {
    expect(shown('&lt;img src=x&gt; &amp;lt;b&amp;gt;')).toBe('&#60;img src=x&#62; &#38;lt;b&#38;gt;');
    expect(shown('\uE0000\uE001 *<b>*')).not.toContain('<b>');
  });

  it('shows dates from the app in this time zone, with the fallback beside it', () => {
    expect(shown('<!date^86400^{date_num}|a day>')).toMatch(
      /^<time datetime="1970-01-02T00:00:00.000Z" title="a day"\s*>1970-01-0[12]<\/time\s*>$/,
    );
    expect(formatDate(90, 'ends {ago}', 0)).toBe('ends in 2 minutes');
    expect(shown('<!date^soon^{date}|later>')).toBe('later');
  });
});

describe('the page', () => {
  let bench: Workbench;
  beforeEach(async () => {
    bench = await startWorkbench();
  });
  afterEach(() => bench.close());
  const parts = async (query: string): Promise<{ version: number; parts: Record<string, string> }> => {
    const response = await fetch(`${bench.slack.url}/parts?${query}`, {
      headers: { 'x-dev-token': bench.slack.token },
    });
    return (await response.json()) as { version: number; parts: Record<string, string> };
  };

  it('has a script that parses', () => {
    expect(() => new Script(PAGE_SCRIPT)).not.toThrow();
  });

  it('shows cards with their buttons and what is said to one person to that person only', async () => {
    await bench.client.chat.postMessage({ channel: 'C0001', text: 'card', blocks: CARD });
    await bench.client.chat.postEphemeral({ channel: 'C0001', user: 'U0002', text: 'for bob alone' });
    const document = await (await fetch(bench.slack.pageUrl)).text();
    expect(document).toContain('data-action="writ_approve"');
    expect(document).not.toContain('for bob alone');
    expect((await parts('as=U0002&at=C0001')).parts['pane']).toContain('for bob alone');
  });

  it.each([
    [{}, true],
    [{ expand: false }, true],
    [{ expand: true }, false],
  ])('folds a long section as Slack does (%j), unless it asks to be shown whole', async (how, folded) => {
    const lines = Array.from({ length: 9 }, (_, n) => `line ${n}`).join('\n');
    const section = { type: 'section', text: { type: 'plain_text', text: lines }, ...how };
    const posted = await bench.client.chat.postMessage({ channel: 'C0001', text: 'long', blocks: [section] });
    expect(posted.ok).toBe(true);
    const pane = (await parts('as=U0001&at=C0001')).parts['pane'] ?? '';
    expect(pane.includes('See more')).toBe(folded);
    expect(pane.slice(0, folded ? pane.indexOf('See more') : undefined).includes('line 8')).toBe(!folded);
    expect(pane).toContain('line 8');
  });

  it('takes `expand` on sections alone', async () => {
    const header = { type: 'header', text: { type: 'plain_text', text: 'x' }, expand: true };
    const refused = bench.client.chat.postMessage({ channel: 'C0001', text: 'x', blocks: [header as never] });
    await expect(refused).rejects.toThrow('invalid_blocks');
  });

  it('waits for what is newer than the browser shows', async () => {
    const { version } = await parts('as=U0001&at=C0001');
    const next = parts(`as=U0001&at=C0001&version=${version}`);
    await bench.client.chat.postMessage({ channel: 'C0001', text: 'news' });
    expect((await next).parts['pane']).toContain('news');
  });
});
