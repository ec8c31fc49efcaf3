import { describe, expect, it } from '@jest/globals';
import { QueueUnusable } from '#delivery/bull/connection.js';
import { ConfigurationError } from '#platform/config/configuration-error.js';
import { MasterKeyDiffers } from '#tokens/key-ring.js';
import { PortTaken } from './start-broker.js';
import { startFault, reportedFault } from './start-fault.js';

const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:5999'), {
  code: 'ECONNREFUSED',
  syscall: 'connect',
});
const bySqlState = (code: string, message: string): Error => Object.assign(new Error(message), { code });
/** As Prisma wraps what its driver said, over many lines. */
const byPrisma = Object.assign(new Error('\nInvalid `prisma.signingKey.findMany()` invocation:\n\n\nDenied'), {
  code: 'P2010',
  meta: {
    driverAdapterError: {
      cause: { kind: 'postgres', originalCode: '42501', originalMessage: 'permission denied for table signing_keys' },
    },
  },
});

const FAULTS: readonly (readonly [string, unknown, string, RegExp])[] = [
  ['a closed port of the database', refused, 'database_unreachable', /ECONNREFUSED 127\.0\.0\.1:5999/],
  ['one closed on each of its addresses', new AggregateError([refused]), 'database_unreachable', /ECONNREFUSED/],
  [
    'a wrong password',
    bySqlState('28P01', 'password authentication failed for user "writ_app"'),
    'database_credentials',
    /writ_app/,
  ],
  ['a database that is not there', bySqlState('3D000', 'database "wirt" does not exist'), 'database_missing', /wirt/],
  [
    'a role without rights, as Prisma tells it',
    byPrisma,
    'database_rights',
    /^the database cannot be used: 42501 permission denied for table signing_keys$/,
  ],
  [
    'a server that is starting',
    bySqlState('57P03', 'the database system is starting up'),
    'database_unavailable',
    /starting up/,
  ],
  [
    'another master key',
    new MasterKeyDiffers('no signing key for ES256: WRIT_MASTER_KEY does not open k1'),
    'master_key',
    /does not open k1/,
  ],
  ['a port that is taken', new PortTaken(3000), 'port_in_use', /3000 is taken/],
  [
    'a Redis that is away',
    new QueueUnusable('The Redis of REDIS_URL cannot be used: x', { cause: refused }),
    'queue_unusable',
    /REDIS_URL/,
  ],
  [
    'variables that cannot be used',
    new ConfigurationError('The environment', ['A: x', 'B: y']),
    'configuration',
    /A: x\n.*B: y/,
  ],
];

describe('a start that fails', () => {
  it.each(FAULTS)('by %s is one line of JSON with a code, the words and what to do', (_what, error, code, message) => {
    const fault = startFault(error);
    expect(fault).toMatchObject({ code, message: expect.stringMatching(message), stack: null });
    const told = reportedFault(fault, true);
    expect(told.trimEnd().split('\n')).toHaveLength(1);
    const line = JSON.parse(told) as Record<string, unknown>;
    expect(line).toMatchObject({ level: 'fatal', message: `Writ cannot start: ${fault.message}`, code });
    expect(line).not.toHaveProperty('stack');
  });

  it('is told at a terminal in sentences, without a stack', () => {
    expect(reportedFault(startFault(refused), false)).toBe(
      [
        'Writ cannot start: the database cannot be used: connect ECONNREFUSED 127.0.0.1:5999',
        'What to do: start PostgreSQL, or correct host and port in DATABASE_URL.',
        '',
      ].join('\n'),
    );
  });

  it('by something nobody has foreseen keeps its stack, in the same one line', () => {
    const told = reportedFault(startFault(new TypeError('x is not a function')), true);
    expect(told.trimEnd().split('\n')).toHaveLength(1);
    expect(JSON.parse(told)).toMatchObject({ code: 'unforeseen', stack: expect.stringContaining('start-fault.spec') });
  });

  it('tells no password, even of an error that quotes the whole address', () => {
    const quoting = new Error('cannot parse postgres://writ:pa55word@db/writ');
    for (const json of [true, false]) expect(reportedFault(startFault(quoting), json)).not.toContain('pa55word');
  });
});
