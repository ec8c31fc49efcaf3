import { availableParallelism } from 'node:os';

/** Jest 30 finds, spreads and reports the files; Node itself loads them, compiled by tsc (test/harness/runner). */
export default {
  // Many files wait for a while: one more at once than there are cores, and no more than the one PostgreSQL has room for.
  // With two more, files that start programs take each other's time, and what waits for seconds waits in vain.
  maxWorkers: Math.min(4, availableParallelism() + 1),
  testEnvironment: 'node',
  testRunner: '<rootDir>/test/harness/runner/in-node.mjs',
  testSequencer: '<rootDir>/test/harness/runner/longest-first.mjs',
  transform: {},
  testMatch: ['<rootDir>/{apps,libs,test,packages}/**/*.spec.ts'],
  // The soak takes minutes by its nature: `npm run soak` names them.
  testPathIgnorePatterns: ['/node_modules/', ...(process.env.WRIT_SOAK_SECONDS ? [] : ['<rootDir>/test/soak/'])],
  modulePathIgnorePatterns: ['<rootDir>/dist', '<rootDir>/.writ'],
  globalSetup: '<rootDir>/test/harness/global-setup.mjs',
  globalTeardown: '<rootDir>/test/harness/global-teardown.mjs',
  testTimeout: 60_000,
  workerIdleMemoryLimit: '1000MB',
};
