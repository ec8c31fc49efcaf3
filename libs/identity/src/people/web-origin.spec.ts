import { describe, expect, it } from '@jest/globals';
import { hostSpelling, isSameOrigin, originSpelling, type WebScheme } from './web-origin.js';

describe('the spelling of a host', () => {
  it.each<[string, WebScheme, string | null]>([
    ['writ.example', 'https:', 'writ.example'],
    ['writ.example:443', 'https:', 'writ.example'],
    ['writ.example:0443', 'https:', 'writ.example'],
    ['writ.example:', 'https:', 'writ.example'],
    ['writ.example.', 'https:', 'writ.example'],
    ['WRIT.Example.:443', 'https:', 'writ.example'],
    ['writ.example:80', 'https:', 'writ.example:80'],
    ['writ.example:80', 'http:', 'writ.example'],
    ['writ.example:8443', 'https:', 'writ.example:8443'],
    ['localhost:3000', 'http:', 'localhost:3000'],
    ['localhost.:3000', 'http:', 'localhost:3000'],
    ['[::1]:3000', 'http:', '[::1]:3000'],
    ['[0:0:0:0:0:0:0:1]:3000', 'http:', '[::1]:3000'],
    ['xn--bcher-kva.example', 'https:', 'xn--bcher-kva.example'],
    ['', 'https:', null],
    ['.', 'https:', null],
    ['writ.example..', 'https:', null],
    ['writ.example:65536', 'https:', null],
    ['writ.example:443:443', 'https:', null],
    ['evil@writ.example', 'https:', null],
    ['writ.example/', 'https:', null],
    ['writ.example#', 'https:', null],
    ['writ.example,evil.example', 'https:', null],
    ['writ%2Eexample', 'https:', null],
    ['wr it.example', 'https:', null],
    ['writ.example:４４３', 'https:', null],
    ['[::1', 'http:', null],
    ['[zz]', 'http:', null],
  ])('%j over %s is %j', (text, scheme, spelled) => {
    expect(hostSpelling(text, scheme)).toBe(spelled);
  });
});

describe('the spelling of an origin', () => {
  it.each<[string, string | null]>([
    ['https://writ.example', 'https://writ.example'],
    ['HTTPS://Writ.Example:443', 'https://writ.example'],
    ['https://writ.example.', 'https://writ.example'],
    ['http://writ.example:443', 'http://writ.example:443'],
    ['null', null],
    ['', null],
    ['https://', null],
    ['https://writ.example/', null],
    ['https://a@writ.example', null],
    ['ftp://writ.example', null],
    ['https://writ.example https://evil.example', null],
  ])('%j is %j', (text, spelled) => {
    expect(originSpelling(text)).toBe(spelled);
  });

  it('makes no two that are none the same', () => {
    expect(isSameOrigin('null', 'null')).toBe(false);
    expect(isSameOrigin('https://writ.example:443', 'https://writ.example')).toBe(true);
    expect(isSameOrigin('http://writ.example', 'https://writ.example')).toBe(false);
    expect(isSameOrigin('https://writ.example:8443', 'https://writ.example')).toBe(false);
  });
});
