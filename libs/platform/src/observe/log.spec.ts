import { describe, expect, it } from '@jest/globals';
import { JsonLog, redact, type LogLevel } from './log.js';

function logged(level: LogLevel, write: (log: JsonLog) => void): Record<string, unknown>[] {
  const lines: string[] = [];
  write(new JsonLog(level, (line) => void lines.push(line)));
  for (const line of lines) expect(line.endsWith('\n')).toBe(true);
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

const JWT = `eyJ${'a'.repeat(20)}.eyJ${'b'.repeat(20)}.${'c'.repeat(86)}`;

/** Each is a text that holds a secret, and the secret. */
const SECRETS: readonly (readonly [string, string, string])[] = [
  ['a JWT', `got ${JWT} from it`, JWT],
  ['a JWT without a signature', `eyJ${'a'.repeat(20)}.${'b'.repeat(20)}.`, 'b'.repeat(20)],
  ['a bot token of Slack', 'token xoxb-1234-abcd', '1234-abcd'],
  ['an app token of Slack', 'xapp-1-A1-2-deadbeef', 'deadbeef'],
  ['a bearer credential', 'authorization: Bearer s3cret.t0ken', 's3cret'],
  ['a basic credential', 'authorization: Basic dXNlcjpwYXNz', 'dXNlcjpwYXNz'],
  ['a response URL of Slack', 'post https://hooks.slack.com/actions/T1/2/abcdef', 'abcdef'],
  ['the password of a database', 'postgresql://writ:pa55word@db.example/writ', 'pa55word'],
];

describe('a log line', () => {
  it.each(SECRETS)('never holds %s, wherever it stands', (_name, text, secret) => {
    expect(redact(text)).not.toContain(secret);
    const lines = logged('trace', (log) => {
      log.line('info', text, { fact: text, nested: { list: [text] } });
      log.error(new Error(text), text);
      log.warn({ text });
      log.log(text, text);
    });
    expect(lines).toHaveLength(4);
    expect(JSON.stringify(lines)).not.toContain(secret);
  });

  it.each(SECRETS)('with %s is still one JSON object, with what came after it', (_name, text) => {
    const [line] = logged('info', (log) => log.line('info', text, { mail: 'a@example.com', after: 'kept' }));
    expect(line).toMatchObject({ level: 'info', mail: 'a@example.com', after: 'kept' });
  });

  it('keeps what is no secret', () => {
    for (const text of [
      'esc_01KAMZ0000000000000000000A',
      'a basic idea',
      'bearer',
      'sha256:00',
      'https://slack.com/api/chat.postMessage',
    ])
      expect(redact(text)).toBe(text);
  });

  it('cannot be forged by a text with line breaks', () => {
    const lines = logged('info', (log) => log.info('one\n{"level":"fatal"}'));
    expect(lines).toHaveLength(1);
  });

  it('is written only at its level and above', () => {
    const all = (log: JsonLog): void => {
      for (const level of ['fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const) log.line(level, level);
    };
    expect(logged('warn', all).map((line) => line['level'])).toEqual(['fatal', 'error', 'warn']);
    expect(logged('trace', all)).toHaveLength(6);
  });

  it('names who speaks as a field, as Nest hands it over, and holds nothing that was not said', () => {
    const lines = logged('trace', (log) => {
      // What `new Logger('Restores')` makes of one word each.
      log.error('put back', undefined, 'Restores');
      log.error('put back', new Error('why').stack, 'Restores');
      log.warn('away', 'Delivery');
      log.log('works again', 'Delivery');
      log.log('mapped', 'RouterExplorer');
    });
    expect(lines).toEqual([
      { time: expect.any(String), level: 'error', message: 'put back', context: 'Restores' },
      expect.objectContaining({
        message: 'put back',
        context: 'Restores',
        stack: expect.stringMatching(/^Error: why/),
      }),
      { time: expect.any(String), level: 'warn', message: 'away', context: 'Delivery' },
      { time: expect.any(String), level: 'info', message: 'works again', context: 'Delivery' },
      { time: expect.any(String), level: 'debug', message: 'mapped', context: 'RouterExplorer' },
    ]);
  });
});
