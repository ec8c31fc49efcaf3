import tseslint from 'typescript-eslint';

const TESTS = ['**/*.spec.ts', '**/*.suite.ts', '**/*.fixture.ts', '**/testing/**/*.ts', 'test/**/*.ts'];

const INSECURE_REQUESTS = ['oauth4webapi', 'openid-client'].map((name) => ({
  from: 'package',
  package: name,
  name: 'allowInsecureRequests',
}));

const SYNTAX = {
  defaultExport: {
    selector: 'ExportDefaultDeclaration',
    message: 'Name what you export: a default export has another name at every import.',
  },
  wideConstructor: {
    selector: "MethodDefinition[kind='constructor'] > FunctionExpression[params.length>5]",
    message: 'A constructor takes at most 5 dependencies; split the class or give some of them one name.',
  },
  environment: {
    selector: "MemberExpression[object.name='process'][property.name='env'], ImportSpecifier[imported.name='env']",
    message: 'Variables are read and checked in libs/platform/src/config alone; take a typed value instead.',
  },
};
const { defaultExport, wideConstructor, environment } = SYNTAX;

export default tseslint.config(
  { ignores: ['node_modules/', 'dist/', '.writ/', 'coverage/', 'libs/persistence/src/generated/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/return-await': ['error', 'error-handling-correctness-only'],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      // Files with decorators are left alone by the rule itself: Nest needs their constructor types as values.
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/only-throw-error': 'error',
      // It calls needed assertions needless where the type of a variable is inferred, and its fix breaks the build.
      '@typescript-eslint/no-unnecessary-type-assertion': 'off',
      // `allowInsecureRequests` is marked deprecated only to stand out; tests speak plain HTTP on loopback.
      '@typescript-eslint/no-deprecated': ['error', { allow: INSECURE_REQUESTS }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // An adapter answers with a promise because its port does.
      '@typescript-eslint/require-await': 'off',
      eqeqeq: ['error', 'always'],
      'no-constructor-return': 'error',
      'no-promise-executor-return': 'off',
      'no-self-compare': 'error',
      'no-template-curly-in-string': 'error',
      'max-lines': ['error', { max: 300 }],
      'max-lines-per-function': ['error', { max: 60 }],
      'no-restricted-syntax': ['error', defaultExport, wideConstructor, environment],
    },
  },
  {
    files: ['libs/platform/src/config/**/*.ts'],
    rules: { 'no-restricted-syntax': ['error', defaultExport, wideConstructor] },
  },
  {
    // It judges and echoes JSON of any shape; `[object Object]` is then a true word about what was sent.
    files: ['packages/local-slack/**/*.ts'],
    rules: { '@typescript-eslint/no-base-to-string': 'off' },
  },
  {
    // Prisma's own configuration, which it loads by its default export.
    files: ['prisma.config.ts'],
    rules: { 'no-restricted-syntax': 'off' },
  },
  {
    files: TESTS,
    rules: {
      'no-restricted-syntax': ['error', defaultExport],
      'max-lines-per-function': 'off',
      // Jest's asymmetric matchers are typed `any`, and a parsed answer is read by what the test says of it.
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  {
    files: ['tools/**/*.mjs'],
    extends: [tseslint.configs.recommended],
    rules: {
      eqeqeq: ['error', 'always'],
      'max-lines': ['error', { max: 300 }],
      'max-lines-per-function': ['error', { max: 60 }],
      'no-restricted-syntax': ['error', defaultExport],
    },
  },
);
