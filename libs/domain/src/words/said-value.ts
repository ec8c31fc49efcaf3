import { canonicalJson } from '../authority/canonical-json.js';
import type { ArgumentFormat } from '../catalog.js';
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
const MOMENT = /^(\d{4})-(\d{2})-(\d{2})T(?:[01]\d|2[0-3]):\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2})$/i;
/** ISO 4217 where the minor unit is no hundredth. Node's own table is CLDR's, which leaves out what cash has no coins for. */
const MINOR_DIGITS: Readonly<Record<number, string>> = {
  0: 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF',
  3: 'BHD IQD JOD KWD LYD OMR TND',
};
const DIGITS_OF = new Map(
  Object.entries(MINOR_DIGITS).flatMap(([digits, codes]) => codes.split(' ').map((code) => [code, Number(digits)])),
);
/** A host may hold brackets and quotation marks; one that does stands in quotation marks. */
const HOST = /^[\w.:[\]-]+$/;
/** Metals, units of account and test codes: ISO 4217 gives them no minor unit. */
const NO_MONEY = /^X(?!AF|OF|PF|CD|CG)/;

/** The ISO 4217 code of `money/EUR`; `null` for anything else, an unknown currency included. */
export function currencyOf(format: unknown): string | null {
  const code = typeof format === 'string' ? (/^money\/([A-Z]{3})$/.exec(format)?.[1] ?? null) : null;
  return code !== null && !NO_MONEY.test(code) && Intl.supportedValuesOf('currency').includes(code) ? code : null;
}

/**
 * A value as its format has people read it: `4000` as `money/EUR` is `40.00 EUR`; never a word of the agent's. `null` where
 * the format says nothing about the value: the raw one is then all there is. Exact: nothing is rounded away unsaid.
 */
export function formatted(value: Json, format: ArgumentFormat | undefined): string | null {
  if (format === undefined) return null;
  if (typeof value === 'number') return Number.isSafeInteger(value) ? formattedNumber(value, format) : null;
  if (typeof value !== 'string') return null;
  return format === 'uri' ? hostOf(value) : format === 'date-time' ? formattedMoment(value) : null;
}

function formattedNumber(value: number, format: ArgumentFormat): string | null {
  const currency = currencyOf(format);
  if (currency !== null) return `${minorUnits(value, currency)} ${currency}`;
  if (value < 0) return null;
  return format === 'bytes' ? bytesWords(value) : format === 'seconds' ? secondsWords(value) : null;
}

/** `4000000` EUR → `40,000.00`. By its digits: no fraction is ever computed. */
function minorUnits(value: number, currency: string): string {
  const digits = DIGITS_OF.get(currency) ?? 2;
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

/**
 * The host of an address that reads otherwise than it is: letters of another alphabet, a name before an `@`, a port. Only
 * what stands at the authority's own place counts; a copy of the host further on hides nothing.
 */
function hostOf(address: string): string | null {
  if (!URL.canParse(address)) return null;
  const { protocol, host, username, password } = new URL(address);
  if (host === '') return null;
  const plain = `${protocol}//${host}`;
  const next = address.charAt(plain.length);
  const readsSo = address.toLowerCase().startsWith(plain) && (next === '' || '/?#'.includes(next));
  return readsSo && username === '' && password === '' ? null : `host ${HOST.test(host) ? host : canonicalJson(host)}`;
}

/** RFC 3339 in UTC; `null` for a day that its month does not have and for digits that would be lost. */
function formattedMoment(moment: string): string | null {
  const [, year, month, day] = MOMENT.exec(moment) ?? [];
  if (day === undefined || Number(day) > new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate()) return null;
  const at = Date.parse(moment);
  if (Number.isNaN(at)) return null;
  const [date, time = ''] = new Date(at).toISOString().split('T');
  return `${date} ${time.replace('.000Z', '').replace('Z', '')} UTC`;
}
