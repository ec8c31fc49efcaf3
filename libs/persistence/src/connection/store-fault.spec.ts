import { describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { breaksConnection, isStalePlan, isUnavailable, isVictim, StoreSilent, wordsOf } from './store-fault.js';

const sqlState = (code: string, more: object = {}): Error =>
  Object.assign(new pg.DatabaseError('injected', 8, 'error'), { code, severity: 'ERROR', ...more });
describe('a fault of the store', () => {
  it.each([
    ...['08000', '08003', '08006', '08P01', '25006', '25P03', '28000', '28P01', '3D000', '40001', '40P01', '53000'],
    ...['53100', '53200', '53300', '55000', '55006', '55P03', '57014', '57P01', '57P02', '57P03', '57P05', '58000'],
    ...['58030', 'F0000', 'XX000', 'XX001'],
  ])('is «not now» by its class: %s', (code) => expect(isUnavailable(sqlState(code))).toBe(true));

  it.each(['22012', '22P02', '23505', '23514', '25P02', '42501', '42601', '42P01', '0A000', '2200G', 'P0001'])(
    'is ours by its class: %s',
    (code) => expect(isUnavailable(sqlState(code))).toBe(false),
  );

  it.each([
    ...['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL', 'ECONNREFUSED', 'ECONNRESET', 'ECONNABORTED', 'ETIMEDOUT', 'EPIPE'],
    ...['EHOSTUNREACH', 'EHOSTDOWN', 'ENETUNREACH', 'ENETDOWN', 'EADDRNOTAVAIL', 'CERT_HAS_EXPIRED'],
    ...['SELF_SIGNED_CERT_IN_CHAIN', 'ERR_TLS_CERT_ALTNAME_INVALID', 'ERR_SSL_WRONG_VERSION_NUMBER'],
  ])('is «not now» where a network, a resolver or a certificate failed: %s', (code) =>
    expect(isUnavailable(Object.assign(new Error('it failed'), { code }))).toBe(true),
  );

  it('is «not now» where a connection could not be opened for lack of a file, and ours where a file is missing', () => {
    expect(isUnavailable(Object.assign(new Error('x'), { code: 'EMFILE', syscall: 'connect' }))).toBe(true);
    expect(isUnavailable(Object.assign(new Error('x'), { code: 'ENOENT', syscall: 'connect' }))).toBe(true);
    expect(isUnavailable(Object.assign(new Error('x'), { code: 'ENOENT', syscall: 'open' }))).toBe(false);
  });

  it.each([
    ...['Connection terminated', 'Connection terminated unexpectedly', 'Query read timeout', 'timeout expired'],
    ...['timeout exceeded when trying to connect', 'Client was closed and is not queryable'],
    ...['The server does not support SSL connections', 'Cannot use a pool after calling end on the pool'],
  ])('is «not now» when the driver says: %s', (message) => expect(isUnavailable(new Error(message))).toBe(true));

  it('is ours when it is any other', () => {
    for (const error of [
      new Error('timeout errors are odd'),
      new TypeError('x is undefined'),
      null,
      undefined,
      'x',
      {},
    ])
      expect(isUnavailable(error)).toBe(false);
  });

  it('is found inside what wraps it', () => {
    expect(isUnavailable(new Error('outer', { cause: sqlState('53100') }))).toBe(true);
    expect(isUnavailable(new AggregateError([sqlState('22012'), new StoreSilent()]))).toBe(true);
    expect(isVictim(new Error('outer', { cause: sqlState('40P01') }))).toBe(true);
    const round: { cause?: unknown } = {};
    round.cause = round;
    expect(isUnavailable(round)).toBe(false);
  });

  it.each(['ConnectionClosed', 'SocketTimeout', 'DatabaseNotReachable', 'TlsConnectionError'])(
    'is «not now» where Prisma kept of a socket’s error the kind alone: %s',
    (kind) => {
      const known = { code: 'P1017', meta: { driverAdapterError: { cause: { kind } } } };
      expect(isUnavailable(Object.assign(new Error('closed'), known))).toBe(true);
      expect(breaksConnection(Object.assign(new Error('closed'), known))).toBe(true);
    },
  );

  it('is ours where Prisma says that it asked for what is not there', () => {
    const known = { code: 'P2022', meta: { driverAdapterError: { cause: { kind: 'ColumnNotFound', column: 'x' } } } };
    expect(isUnavailable(Object.assign(new Error('no column'), known))).toBe(false);
  });

  it('leaves the connection in order where the server called the statement off, and spoils it otherwise', () => {
    for (const code of ['40001', '40P01', '55P03', '57014', '23505'])
      expect(breaksConnection(sqlState(code))).toBe(false);
    for (const code of ['08006', '25006', '53100', '57P01']) expect(breaksConnection(sqlState(code))).toBe(true);
    expect(breaksConnection(new StoreSilent())).toBe(true);
  });

  it('is a stale plan only when it says so', () => {
    const stale = sqlState('0A000', { message: 'cached plan must not change result type' });
    expect(isStalePlan(stale)).toBe(true);
    expect(isStalePlan(sqlState('0A000', { message: 'zwischengespeichert', routine: 'RevalidateCachedQuery' }))).toBe(
      true,
    );
    expect(isStalePlan(sqlState('0A000', { message: 'LISTEN is not supported' }))).toBe(false);
  });

  it('is told in a line without a stack', () => {
    expect(wordsOf(sqlState('53100', { message: 'could not extend file:\n No space' }))).toBe(
      '53100 could not extend file: No space',
    );
    expect(wordsOf(new AggregateError([Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })]))).toBe(
      'ECONNREFUSED refused',
    );
  });
});
