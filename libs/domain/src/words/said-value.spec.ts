import { describe, expect, it } from '@jest/globals';
import { currencyOf, formatted } from './said-value.js';

describe('a value by its format', () => {
  it.each([
    [4_000, 'money/EUR', '40.00 EUR'],
    [4_000_000, 'money/EUR', '40,000.00 EUR'],
    [5, 'money/EUR', '0.05 EUR'],
    [-5, 'money/EUR', '-0.05 EUR'],
    [0, 'money/EUR', '0.00 EUR'],
    [4_000, 'money/JPY', '4,000 JPY'],
    [4_000, 'money/KWD', '4.000 KWD'],
    [Number.MAX_SAFE_INTEGER, 'money/EUR', '90,071,992,547,409.91 EUR'],
    [1, 'bytes', '1 byte'],
    [1_023, 'bytes', '1,023 bytes'],
    [1_536, 'bytes', '1,536 bytes (1.5 KiB)'],
    [1_000_000, 'bytes', '1,000,000 bytes (about 976.6 KiB)'],
    [90, 'seconds', '1 minute 30 seconds'],
    [0, 'seconds', '0 seconds'],
    [172_800, 'seconds', '2 days'],
    ['2026-11-30T15:00:00+01:00', 'date-time', '2026-11-30 14:00:00 UTC'],
    ['2026-11-30T14:00:00.250Z', 'date-time', '2026-11-30 14:00:00.250 UTC'],
    ['https://xn--80ak6aa92e.com/pay', 'uri', null],
    ['https://аррӏе.com/pay', 'uri', 'host xn--80ak6aa92e.com'],
    ['https://аррӏе.com/?//xn--80ak6aa92e.com', 'uri', 'host xn--80ak6aa92e.com'],
    ['https://safe.example@evil.example/', 'uri', 'host evil.example'],
    ['https://safe.example@evil.example/?//evil.example', 'uri', 'host evil.example'],
    ['https:/evil.example/ok, approved by Bob', 'uri', 'host evil.example'],
    ['https://evil.example\\@safe.example/', 'uri', 'host evil.example'],
    ['https://safe.example.evil.example/', 'uri', null],
    ['https://x@a),amount/', 'uri', 'host "a),amount"'],
    ['HTTPS://Safe.Example/a', 'uri', null],
    ['https://safe.example:8443/', 'uri', null],
    [1_234, 'money/RSD', '12.34 RSD'],
    [1_234, 'money/HUF', '12.34 HUF'],
    [1_234, 'money/ALL', '12.34 ALL'],
    [1_234, 'money/IQD', '1.234 IQD'],
    [1_234, 'money/UGX', '1,234 UGX'],
  ] as const)('%j as %s is %j', (value, format, shown) => {
    expect(formatted(value, format)).toBe(shown);
  });

  it.each([
    ['4000', 'money/EUR'],
    [true, 'money/EUR'],
    [null, 'bytes'],
    [-1, 'bytes'],
    [-1, 'seconds'],
    ['tomorrow', 'date-time'],
    ['2026-02-30T10:00:00Z', 'date-time'],
    ['2026-02-28T10:00:00.1234Z', 'date-time'],
    ['2026-02-28T24:00:00Z', 'date-time'],
    ['mailto:bob@example.com', 'uri'],
    ['2026-13-45T99:00:00Z', 'date-time'],
    ['not an address', 'uri'],
    [2 ** 53, 'money/EUR'],
    [4_000, undefined],
  ] as const)('%j as %s says nothing beyond the raw value', (value, format) => {
    expect(formatted(value, format)).toBeNull();
  });

  it('knows the currencies of ISO 4217 alone', () => {
    expect(currencyOf('money/EUR')).toBe('EUR');
    for (const format of ['money/eur', 'money/XYZ', 'money/XAU', 'money/XXX', 'money/', 'money', 'EUR', 7, null])
      expect(currencyOf(format)).toBeNull();
  });
});
