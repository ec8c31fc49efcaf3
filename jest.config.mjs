import { availableParallelism } from 'node:os';

/** Jest 30 in ESM under vm-modules; SWC only here, tsc builds everything else (docs/adr/0001). */
export default {
  // Many files wait for a while: one more at once than there are cores (on two, three took 485 s and two 572 s), and no more
  // than the one PostgreSQL has room for.
  maxWorkers: Math.min(4, availableParallelism() + 1),
  testEnvironment: 'node',
  testEnvironmentOptions: { customExportConditions: ['source', 'node', 'node-addons'] },
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2022',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
        },
        module: { type: 'es6' },
      },
    ],
  },
  testMatch: ['<rootDir>/{apps,libs,test,packages}/**/*.spec.ts'],
  // The soak takes minutes by its nature: `npm run soak` names them.
  testPathIgnorePatterns: ['/node_modules/', ...(process.env.WRIT_SOAK_SECONDS ? [] : ['<rootDir>/test/soak/'])],
  modulePathIgnorePatterns: ['<rootDir>/dist', '<rootDir>/.writ'],
  globalSetup: '<rootDir>/test/harness/global-setup.mjs',
  globalTeardown: '<rootDir>/test/harness/global-teardown.mjs',
  testTimeout: 60_000,
  workerIdleMemoryLimit: '1000MB',
};
