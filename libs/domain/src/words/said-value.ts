import type { ArgumentFormat } from '../catalog.js';
import { visibleLine } from '../inert-text.js';
import type { Json } from '../json.js';

/** The formats that a type of argument may have; `money` is followed by its currency. */
export const FORMATS_OF = {
  integer: ['money', 'bytes', 'seconds'],
  string: ['uri', 'date-time'],
} as const;

const BYTE_UNITS = ['KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;
const TIME_UNITS = [
  [86_400, 'day'],
  [3_600, 'hour'],
  [60, 'minute'],
  [1, 'second'],
] as const;
const MOMENT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/i;

/** The ISO 4217 code of `money/EUR`; `null` for anything else, an unknown currency included. */
export function currencyOf(format: unknown): string | null {
  const code = typeof format === 'string' ? (/^money\/([A-Z]{3})$/.exec(format)?.[1] ?? null) : null;
  return code !== null && Intl.supportedValuesOf('currency').includes(code) ? code : null;
}

/**
 * A value as its format has people read it: `4000` as `money/EUR` is `40.00 EUR`. `null` where the format says nothing
 * about the value: the raw one is then all there is. Exact: nothing is rounded away without saying so.
 */
export function formatted(value: Json, format: ArgumentFormat | undefined): string | null {
  if (format === undefined) return null;
  if (typeof value === 'number') return Number.isSafeInteger(value) ? formattedNumber(value, format) : null;
  if (typeof value !== 'string') return null;
  return format === 'uri' ? formattedAddress(value) : format === 'date-time' ? formattedMoment(value) : null;
}

function formattedNumber(value: number, format: ArgumentFormat): string | null {
  const currency = currencyOf(format);
  if (currency !== null) return `${minorUnits(value, currency)} ${currency}`;
  if (value < 0) return null;
  return format === 'bytes' ? bytesWords(value) : format === 'seconds' ? secondsWords(value) : null;
}

/** `4000000` EUR → `40,000.00`. By its digits: no fraction is ever computed. */
function minorUnits(value: number, currency: string): string {
  const digits =
    new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2;
  const text = String(Math.abs(value)).padStart(digits + 1, '0');
  const whole = grouped(text.slice(0, text.length - digits));
  return `${value < 0 ? '-' : ''}${whole}${digits === 0 ? '' : `.${text.slice(-digits)}`}`;
}

function grouped(digits: string): string {
  return digits.replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `1536` → `1,536 bytes (1.5 KiB)`; an amount that had to be rounded says `about`. */
function bytesWords(bytes: number): string {
  const exact = `${grouped(String(bytes))} byte${bytes === 1 ? '' : 's'}`;
  if (bytes < 1_024) return exact;
  const power = Math.min(BYTE_UNITS.length, Math.floor(Math.log2(bytes) / 10));
  const amount = bytes / 1_024 ** power;
  const shown = Math.round(amount * 10) / 10;
  return `${exact} (${shown === amount ? '' : 'about '}${shown} ${BYTE_UNITS[power - 1]})`;
}

function secondsWords(seconds: number): string {
  const words: string[] = [];
  let rest = seconds;
  for (const [size, name] of TIME_UNITS) {
    const count = Math.floor(rest / size);
    rest %= size;
    if (count > 0) words.push(`${grouped(String(count))} ${name}${count === 1 ? '' : 's'}`);
  }
  return words.length === 0 ? '0 seconds' : words.join(' ');
}

/** An address whose host reads otherwise than it is: letters of another alphabet are written out as they are looked up. */
function formattedAddress(address: string): string | null {
  if (!URL.canParse(address)) return null;
  const { host } = new URL(address);
  return host === '' || address.toLowerCase().includes(`//${host}`) ? null : `${visibleLine(address)} (host ${host})`;
}

function formattedMoment(moment: string): string | null {
  const at = MOMENT.test(moment) ? Date.parse(moment) : Number.NaN;
  if (Number.isNaN(at)) return null;
  const [day, time = ''] = new Date(at).toISOString().split('T');
  return `${day} ${time.replace('.000Z', '').replace('Z', '')} UTC`;
}
