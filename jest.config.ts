/** @jest-config-loader esbuild-register */
import type { Config } from 'jest';

const config: Config = {
  testEnvironment: 'node',
  roots: ['<rootDir>/__tests__'],
  testMatch: ['**/*.test.ts'],
  // These are published as ES modules only.
  transformIgnorePatterns: ['/node_modules/(?!(@seriousme/openapi-schema-validator|jose|oauth4webapi|openid-client)/)'],
  transform: { '\\.[jt]s$': ['@swc/jest', { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'commonjs' } }] },
  moduleNameMapper: {
    // The package, with every answer of its routers held against the OpenAPI document.
    '^livetoken$': '<rootDir>/__tests__/support/livetoken.ts',
    '^livetoken/req-auth$': '<rootDir>/lib/req-auth.ts',
    '^livetoken/opentelemetry$': '<rootDir>/lib/telemetry/opentelemetry.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  // For what hangs. No test is timed: how long one takes is up to the machine and to what else it does.
  testTimeout: 180_000,
  setupFiles: ['<rootDir>/__tests__/support/quiet-store-warnings.ts'],
  setupFilesAfterEnv: ['<rootDir>/__tests__/support/fail-on-undescribed.ts'],
  globalSetup: '<rootDir>/__tests__/support/global-setup.ts',
  globalTeardown: '<rootDir>/__tests__/support/global-teardown.ts',
  // With --coverage only. Branches are what counts: a line may run without ever having had a choice. The CLI runs in processes of its own.
  collectCoverageFrom: ['lib/**/*.ts', '!lib/cli/**'],
  coverageReporters: ['json-summary', ['text', { skipFull: true }]],
  coverageThreshold: { global: { branches: 95 } },
};

export default config;
