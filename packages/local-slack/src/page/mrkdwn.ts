import { escapeHtml, html, Html } from './html.js';

/** Looks up how a person or channel is called; undefined when it is not known. */
export interface Names {
  readonly person: (id: string) => string | undefined;
  readonly channel: (id: string) => string | undefined;
  /** Milliseconds since the epoch, for relative dates. */
  readonly now: number;
}

const EMOJI: Readonly<Record<string, string>> = {
  alarm_clock: '⏰',
  bell: '🔔',
  closed_lock_with_key: '🔐',
  eyes: '👀',
  hourglass: '⌛',
  hourglass_flowing_sand: '⏳',
  information_source: 'ℹ️',
  key: '🔑',
  large_green_circle: '🟢',
  large_yellow_circle: '🟡',
  lock: '🔒',
  memo: '📝',
  no_entry: '⛔',
  octagonal_sign: '🛑',
  red_circle: '🔴',
  robot_face: '🤖',
  rotating_light: '🚨',
  shield: '🛡️',
  unlock: '🔓',
  warning: '⚠️',
  white_check_mark: '✅',
  x: '❌',
};

/** Private-use characters stand for finished pieces while the rest is formatted; they never come from outside. */
const OPEN = '\uE000';
const CLOSE = '\uE001';

/** Takes a plain text and whether `:name:` becomes an emoji; returns it inert, line breaks kept. */
export function plain(text: string, emoji = true): Html {
  const inert = escapeHtml(text);
  return new Html((emoji ? withEmoji(inert) : inert).replaceAll('\n', '<br>'));
}

function withEmoji(text: string): string {
  return text.replace(/:([a-z0-9_+-]+):/g, (whole, name: string) =>
    Object.hasOwn(EMOJI, name) ? EMOJI[name]! : whole,
  );
}

/** Takes Slack's mrkdwn; returns HTML for the subset that cards use. Anything else stays as text. */
export function mrkdwn(text: string, names: Names): Html {
  const pieces: string[] = [];
  const keep = (piece: Html): string => `${OPEN}${pieces.push(piece.text) - 1}${CLOSE}`;
  const marked = text
    .replace(/[\uE000\uE001]/g, '')
    .replace(/```\n?([\s\S]+?)\n?```/g, (_whole, code: string) => keep(html`<pre>${decode(code)}</pre>`))
    .replace(/`([^`\n]+)`/g, (_whole, code: string) => keep(html`<code>${decode(code)}</code>`))
    .replace(/<([^<>\n]+)>/g, (_whole, token: string) => keep(special(token, names)));
  const lines = escapeHtml(decode(marked)).split('\n').map(styled);
  const filled = quoted(lines).replace(/\uE000(\d+)\uE001/g, (_whole, index: string) => pieces[Number(index)] ?? '');
  return new Html(filled);
}

/** Slack decodes exactly three entities and never reads the result again. */
function decode(text: string): string {
  const entities: Record<string, string> = { '&lt;': '<', '&gt;': '>', '&amp;': '&' };
  return text.replace(/&(?:lt|gt|amp);/g, (entity) => entities[entity] ?? entity);
}

function styled(line: string): string {
  const wrap = (text: string, mark: string, tag: string): string =>
    text.replace(
      new RegExp(
        `(^|[\\s([{"'>~*_.,:;!?\\-\uE001])${mark}(?=\\S)([^${mark}]*[^\\s${mark}])${mark}(?![A-Za-z0-9])`,
        'g',
      ),
      `$1<${tag}>$2</${tag}>`,
    );
  return withEmoji(wrap(wrap(wrap(line, '\\*', 'strong'), '_', 'em'), '~', 's'));
}

/** Lines that begin with `>` (escaped by now) become one quotation. */
function quoted(lines: readonly string[]): string {
  let text = '';
  let inside = false;
  lines.forEach((line, index) => {
    const quote = /^&#62; ?/.exec(line);
    if (quote && !inside) text += '<blockquote>';
    else if (!quote && inside) text += '</blockquote>';
    else if (index > 0) text += '<br>';
    inside = quote !== null;
    text += quote ? line.slice(quote[0].length) : line;
  });
  return inside ? `${text}</blockquote>` : text;
}

/** What stands between `<` and `>`: a mention, a date or a link. */
function special(token: string, names: Names): Html {
  const [target = '', label] = token.split(/\|(.*)/s);
  if (target.startsWith('@'))
    return html`<span class="mention">@${names.person(target.slice(1)) ?? decode(label ?? target.slice(1))}</span>`;
  if (target.startsWith('#'))
    return html`<span class="mention">#${names.channel(target.slice(1)) ?? decode(label ?? target.slice(1))}</span>`;
  if (target.startsWith('!date^')) return dateToken(target.split('^').slice(1), decode(label ?? ''), names);
  if (target.startsWith('!')) return html`<span class="mention">@${target.slice(1).split('^')[0]}</span>`;
  return link(decode(target), decode(label ?? target));
}

/** A link that leaves no trace of this page; anything but http, https and mailto is shown as text. */
export function link(address: string, label: string): Html {
  return /^(https?:\/\/|mailto:)/i.test(address)
    ? html`<a href="${address}" target="_blank" rel="noopener noreferrer">${label}</a>`
    : html`${label}`;
}

function dateToken([seconds = '', format = '', address]: string[], fallback: string, names: Names): Html {
  if (!/^\d{1,12}$/.test(seconds)) return html`${fallback}`;
  const text = formatDate(Number(seconds), decode(format), names.now);
  const time = html`<time datetime="${new Date(Number(seconds) * 1000).toISOString()}" title="${fallback}"
    >${text}</time
  >`;
  return address && /^https?:\/\//.test(address)
    ? new Html(link(address, '').text.replace('></a>', `>${time.text}</a>`))
    : time;
}

/** Takes seconds since the epoch, Slack's date template and the present in ms; returns the text in this machine's time zone. */
export function formatDate(seconds: number, template: string, now: number): string {
  const date = new Date(seconds * 1000);
  const as = (options: Intl.DateTimeFormatOptions): string => new Intl.DateTimeFormat('en-GB', options).format(date);
  const clock = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;
  const day = { day: 'numeric', month: 'long', year: 'numeric' } as const;
  const pretty = (otherwise: string): string => nearDay(date, now) ?? otherwise;
  const tokens: Record<string, () => string> = {
    date_num: () => `${date.getFullYear()}-${as({ month: '2-digit' })}-${as({ day: '2-digit' })}`,
    date_slash: () => as({ day: '2-digit', month: '2-digit', year: 'numeric' }),
    date: () => as(day),
    date_long: () => as({ ...day, weekday: 'long' }),
    date_short: () => as({ ...day, month: 'short' }),
    date_pretty: () => pretty(as(day)),
    date_long_pretty: () => pretty(as({ ...day, weekday: 'long' })),
    date_short_pretty: () => pretty(as({ ...day, month: 'short' })),
    time: () => as(clock),
    time_secs: () => as({ ...clock, second: '2-digit' }),
    ago: () => ago(seconds - now / 1000),
  };
  return template.replace(/\{(\w+)\}/g, (whole, name: string) =>
    Object.hasOwn(tokens, name) ? tokens[name]!() : whole,
  );
}

function nearDay(date: Date, now: number): string | undefined {
  const midnight = (at: Date): number => new Date(at.getFullYear(), at.getMonth(), at.getDate()).getTime();
  const days = Math.round((midnight(date) - midnight(new Date(now))) / 86_400_000);
  return days === 0 ? 'today' : days === 1 ? 'tomorrow' : days === -1 ? 'yesterday' : undefined;
}

function ago(secondsAhead: number): string {
  const format = new Intl.RelativeTimeFormat('en-GB', { numeric: 'auto' });
  const size = Math.abs(secondsAhead);
  if (size < 60) return format.format(Math.round(secondsAhead), 'second');
  if (size < 3_600) return format.format(Math.round(secondsAhead / 60), 'minute');
  if (size < 86_400) return format.format(Math.round(secondsAhead / 3_600), 'hour');
  return format.format(Math.round(secondsAhead / 86_400), 'day');
}
