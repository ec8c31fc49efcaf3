/** The store did not answer in our time: it is taken for gone, whatever it would have said later. */
export class StoreSilent extends Error {
  constructor(message = 'the database does not answer') {
    super(message);
    this.name = 'StoreSilent';
  }
}

/** No connection was to be had. Whatever the cause, nothing was asked of the store, so trying again is harmless. */
export class NoConnection extends Error {
  /** The cause's own. */
  readonly code: unknown;

  constructor(override readonly cause: unknown) {
    super(`no connection to the database: ${wordsOf(cause)}`);
    this.name = 'NoConnection';
    this.code = (cause as { code?: unknown } | null)?.code;
  }
}

/**
 * SQLSTATEs that say «not now» and nothing about the statement: the class as a whole, or one code of a class that also
 * says other things. 08 connection, 28 credentials, 40 rolled back (also when running it again did not help), 53 out of
 * room, 55 not in a state to do it, 57 operator, 58 system, F0 its files, XX its own failure.
 */
const NOT_NOW_CLASSES: ReadonlySet<string> = new Set(['08', '28', '40', '53', '55', '57', '58', 'F0', 'XX']);
/** Read-only, sessions ended for idleness or length, an old snapshot, a database that is not there. */
const NOT_NOW_CODES: ReadonlySet<string> = new Set(['25006', '25P03', '25P04', '72000', '3D000']);
/** A connection that ended with its last word. */
const FATAL: ReadonlySet<unknown> = new Set(['FATAL', 'PANIC']);

/** Node's names for what a network, a resolver or a socket does. */
const NETWORK = /^(E(CONN|PIPE$|TIMEDOUT$|HOST|NET|NOTFOUND$|AI_|ADDRNOTAVAIL$|PROTO$|SOCKET)|ERR_(SOCKET|STREAM)_)/;
const TLS = /^(ERR_(TLS|SSL|OSSL)_|CERT_|CRL_|UNABLE_TO_|(DEPTH_ZERO_)?SELF_SIGNED_CERT|HOSTNAME_MISMATCH)/;
/** Calls that only a connection makes: whatever they fail with is a failure to connect. */
const CONNECTING: ReadonlySet<unknown> = new Set(['connect', 'getaddrinfo']);
/** What the driver says without any code. */
const DRIVER =
  /^(Connection terminated|timeout (exceeded when trying to connect|expired)$|Query read timeout|Client (has encountered a connection error|was closed)|Cannot use a pool after|Received unexpected \w+ message|SASL: )|SSL connection/;

/** What Prisma's adapter makes of a socket's own errors, of which it keeps the kind alone. */
const SOCKET_KINDS: Readonly<Record<string, string>> = {
  ConnectionClosed: 'ECONNRESET',
  SocketTimeout: 'ETIMEDOUT',
  DatabaseNotReachable: 'ECONNREFUSED',
  TlsConnectionError: 'ERR_TLS_CONNECTION',
};

/** A statement that others made wait too long, or that took too long, or that gave way. */
const CALLED_OFF: ReadonlySet<string> = new Set(['40001', '40P01', '55P03', '57014']);
const RERUN: ReadonlySet<unknown> = new Set(['40001', '40P01']);
const DEPTH_MAX = 5;

/** True for errors that say «the database cannot serve now», which callers answer with 503. */
export function isUnavailable(error: unknown): boolean {
  return someCause(error, (cause) => {
    if (cause instanceof StoreSilent || cause instanceof NoConnection) return true;
    const { code, severity, syscall, message } = cause as Record<string, unknown>;
    if (FATAL.has(severity) || CONNECTING.has(syscall) || isStalePlan(cause)) return true;
    if (typeof code !== 'string') return typeof message === 'string' && cause instanceof Error && DRIVER.test(message);
    return saysNotNow(code) || NETWORK.test(code) || TLS.test(code);
  });
}

/** True when the connection that said so may not be used again: what the server itself called off leaves it in order. */
export function breaksConnection(error: unknown): boolean {
  return isStalePlan(error) || (isUnavailable(error) && !someCause(error, ({ code }) => CALLED_OFF.has(String(code))));
}

/** True when the server undid the transaction because of others: whoever began it runs it again. */
export function isVictim(error: unknown): boolean {
  return someCause(error, ({ code }) => RERUN.has(code));
}

/** True when a prepared statement has outlived the schema it was planned for. */
export function isStalePlan(error: unknown): boolean {
  return someCause(
    error,
    ({ code, message, routine }) =>
      code === '0A000' && (routine === 'RevalidateCachedQuery' || /cached plan/.test(String(message))),
  );
}

/** True when the server only reads: a standby, or one that was demoted under its connections. */
export function isReadOnly(error: unknown): boolean {
  return someCause(error, ({ code }) => code === '25006');
}

/** True when what befell this connection has befallen the others of its pool too, or will: dead, demoted, stale. */
export function spoilsOthers(error: unknown): boolean {
  return isStalePlan(error) || isReadOnly(error) || someCause(error, ({ message }) => message === 'Query read timeout');
}

/** One short line about a store that is away, for the log: no stack, no statement, no value. */
export function wordsOf(error: unknown): string {
  const { code, message, errors } = (error ?? {}) as { code?: unknown; message?: unknown; errors?: unknown };
  const [first] = Array.isArray(errors) ? (errors as unknown[]) : [];
  if (typeof message !== 'string' || message === '')
    return first === undefined ? String(code ?? error) : wordsOf(first);
  const words = typeof code === 'string' && !message.includes(code) ? `${code} ${message}` : message;
  return words
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .trim()
    .slice(0, 200);
}

/** What the server, the network or TLS said at the bottom of an error: its code and one short line; `null` for a bug. */
export function storeCause(error: unknown): { readonly code: string; readonly words: string } | null {
  let found: { code: string; words: string } | null = null;
  someCause(error, (cause) => {
    const { code } = cause;
    // Prisma's own codes look like SQLSTATEs; of those only P0 begins with a P.
    if (typeof code !== 'string' || (!/^(?!P[1-9])[0-9A-Z]{5}$/.test(code) && !NETWORK.test(code) && !TLS.test(code)))
      return false;
    found = { code, words: wordsOf(cause) };
    return true;
  });
  return found;
}

function saysNotNow(code: string): boolean {
  return /^[0-9A-Z]{5}$/.test(code) && (NOT_NOW_CLASSES.has(code.slice(0, 2)) || NOT_NOW_CODES.has(code));
}

/** Asks the error and what it was made of: Prisma wraps the driver's, Node collects one for each address. */
function someCause(error: unknown, asks: (cause: Record<string, unknown>) => boolean, depth = 0): boolean {
  if (typeof error !== 'object' || error === null || depth > DEPTH_MAX) return false;
  const cause = error as Record<string, unknown>;
  if (asks(cause)) return true;
  const meta = cause['meta'] as { driverAdapterError?: unknown } | null | undefined;
  const { originalCode: code, kind } = cause;
  if (code !== undefined && kind !== undefined && asks({ code, message: cause['originalMessage'] })) return true;
  const socket = typeof kind === 'string' ? SOCKET_KINDS[kind] : undefined;
  if (code === undefined && socket !== undefined && asks({ code: socket })) return true;
  const several = Array.isArray(cause['errors']) ? (cause['errors'] as unknown[]) : [];
  return [cause['cause'], meta?.driverAdapterError, ...several].some((one) => someCause(one, asks, depth + 1));
}
