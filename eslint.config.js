import eslint from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

// The import walls. Data goes one way, HTTP -> policy -> store, and each library has one home.
// Type imports count too: whoever needs a library's types depends on the library.

const refuse = (regex, message) => ({ regex, message });
const folder = (name) => refuse(`^\\..*/${name}(/|$)`, `lib/${name} is out of reach from here.`);
const file = (name) => refuse(`^\\..*/${name}\\.js$`, `lib/${name}.ts is out of reach from here.`);

const http = refuse(
  '^(express4?|express-serve-static-core|body-parser|helmet|cors)(/|$)',
  'HTTP is at home in lib/guard and lib/router only.',
);
const redis = refuse('^ioredis5?(/|$)', 'Redis is at home in lib/stores/redis only.');
const signatures = refuse('^jsonwebtoken(/|$)', 'jsonwebtoken is at home in lib/verifier only.');

// The package's own name or an outer index would lead round every wall.
const detour = refuse(
  '^livetoken(/|$)|^(\\.{1,2}/)*(\\.{1,2}/?|index\\.js)$',
  'Import the file that declares it.',
);
const impure = refuse(
  '^(?!node:crypto$|\\./(?!.*\\.\\./)|\\.\\./errors\\.js$)',
  'The model is pure: it knows node:crypto, lib/errors.ts and itself.',
);

// The command line and what reports to OpenTelemetry use the rest, and nobody uses them.
const cli = [refuse('^commander(/|$)', 'commander is at home in lib/cli only.'), folder('cli')];
const telemetry = [refuse('^@opentelemetry/', 'OpenTelemetry is at home in lib/telemetry only.'), folder('telemetry')];

const wall = (files, ...refused) => wallBut([...cli, ...telemetry], files, ...refused);
const wallBut = (outside, files, ...refused) => ({
  files: [files],
  rules: { '@typescript-eslint/no-restricted-imports': ['error', { patterns: [detour, ...outside, ...refused] }] },
});

// A later wall replaces an earlier one: from the general to the particular.
const storeWall = [http, signatures, folder('guard'), folder('router'), folder('verifier'), file('live-tokens')];
const walls = [
  wall('lib/**/*.ts', http, redis, signatures),
  wall('lib/model/**/*.ts', impure),
  wall('lib/stores/**/*.ts', redis, ...storeWall),
  wall('lib/stores/redis/**/*.ts', ...storeWall),
  wall('lib/policy/**/*.ts', http, redis, signatures, folder('guard'), folder('router'), file('live-tokens')),
  wall('lib/verifier/**/*.ts', http, redis, folder('stores'), folder('guard'), folder('router')),
  wall('lib/guard/**/*.ts', redis, signatures, folder('router'), folder('stores')),
  wall('lib/router/**/*.ts', redis, signatures, folder('stores')),
  wallBut(telemetry, 'lib/cli/**/*.ts', http, signatures, folder('guard'), folder('router')),
  wallBut(cli, 'lib/telemetry/**/*.ts', http, redis, signatures, folder('guard'), folder('router'), folder('verifier')),
];

const strictTypes = {
  files: ['**/*.ts'],
  extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
  languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
  rules: {
    '@typescript-eslint/consistent-type-imports': 'error',
    '@typescript-eslint/no-floating-promises': 'error',
    // Together with no-non-null-assertion this would leave no way to say what the compiler cannot see.
    '@typescript-eslint/non-nullable-type-assertion-style': 'off',
    // `async` without `await` turns what is thrown into a rejection, as every caller of an interface of promises expects.
    '@typescript-eslint/require-await': 'off',
    // The strict set but for numbers; what is left out here would fall back to the rule's lenient defaults.
    '@typescript-eslint/restrict-template-expressions': [
      'error',
      {
        allowAny: false,
        allowBoolean: false,
        allowNever: false,
        allowNullish: false,
        allowNumber: true,
        allowRegExp: false,
      },
    ],
  },
};

const library = {
  files: ['lib/**/*.ts'],
  rules: {
    'max-lines-per-function': ['error', { max: 70, skipBlankLines: true, skipComments: true }],
    'no-console': 'error',
    'no-restricted-syntax': [
      'error',
      { selector: 'ImportExpression', message: 'Import at the top, where the walls can see it.' },
    ],
  },
};

const indexes = {
  files: ['lib/**/index.ts'],
  rules: {
    'no-restricted-syntax': [
      'error',
      {
        selector: 'Program > :not(ExportAllDeclaration, ExportNamedDeclaration[source])',
        message: 'An index re-exports and does nothing else.',
      },
    ],
  },
};

const tests = {
  files: ['__tests__/**/*.ts'],
  rules: {
    '@typescript-eslint/no-confusing-void-expression': 'off',
    '@typescript-eslint/no-non-null-assertion': 'off',
    // Response bodies and asymmetric matchers (expect.any) are `any` by nature.
    '@typescript-eslint/no-unsafe-argument': 'off',
    '@typescript-eslint/no-unsafe-assignment': 'off',
    '@typescript-eslint/no-unsafe-member-access': 'off',
    // `const { jti: _, ...rest }` is how a test leaves a claim out.
    '@typescript-eslint/no-unused-vars': ['error', { ignoreRestSiblings: true }],
    '@typescript-eslint/require-await': 'off',
    '@typescript-eslint/unbound-method': 'off',
  },
};

// The compiler knows the names that a browser has: demo-app/console/tsconfig.page.json, part of `npm run check:types`.
const pageScripts = { files: ['demo-app/console/page/*.js', '__tests__/console/support/in-page.js'], rules: { 'no-undef': 'off' } };

export default defineConfig(
  globalIgnores(['dist/', 'coverage/']),
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  eslint.configs.recommended,
  { rules: { eqeqeq: 'error' } },
  strictTypes,
  library,
  indexes,
  walls,
  tests,
  pageScripts,
);
