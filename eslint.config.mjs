// Rules of the house. One block per layer says what it may import and why; see CONTRIBUTING.md.
import comments from '@eslint-community/eslint-plugin-eslint-comments';
import jsdoc from 'eslint-plugin-jsdoc';
import tseslint from 'typescript-eslint';

const TESTS = [
  '**/*.test.ts',
  // What tests of one workspace share.
  '**/src/**/{testing,fixtures}/**/*.ts',
  '**/*-fixture.ts',
  'test/**/*.ts',
  'packages/testkit/src/**/*.ts',
];
const PURE = ['packages/api/src', 'packages/lambda-api/src', 'packages/core/src'];

/**
 * What each layer may import, besides its own files: workspaces (never parts of them), libraries, and
 * whether Node's modules. Everything else is refused, so that every library has one home and can be
 * replaced in one folder.
 */
const LAYERS = [
  {
    files: 'packages/api/src',
    allow: ['zod'],
    why: 'api is pure: it is the type, the CRD and the documentation at once',
  },
  {
    files: 'packages/lambda-api/src',
    allow: ['zod'],
    why: 'lambda-api is pure: the wire contract and nothing else',
  },
  {
    files: 'packages/core/src',
    allow: ['@mayfly/api', '@mayfly/api/reserved-variables', '@mayfly/lambda-api'],
    why: 'core is pure: decisions take facts and time as arguments',
  },
  {
    files: 'packages/telemetry/src',
    allow: ['node', 'pino', 'pino-pretty', 'prom-client', 'fastify'],
    why: 'telemetry knows no other package, so that all can use it',
  },
  {
    files: 'packages/local/src',
    allow: [
      'node',
      '@mayfly/api',
      '@mayfly/code',
      '@mayfly/core',
      '@mayfly/lambda-api',
      'yaml',
      'zod',
    ],
    why: 'local implements the ports of core on files, SQLite and processes',
  },
  {
    files: 'packages/manifests/src',
    allow: ['@mayfly/api', '@mayfly/core'],
    why: 'manifests is pure: custom resources in, Kubernetes objects out',
  },
  {
    files: 'packages/kube/src',
    allow: ['node', '@kubernetes/client-node', '@mayfly/api', '@mayfly/core'],
    why: 'kube implements the ports of core on the API server',
  },
  {
    files: 'packages/proto/src',
    allow: ['node', '@bufbuild/protobuf', '@bufbuild/protobuf/.+', '@grpc/grpc-js', '@mayfly/core'],
    why: 'proto implements the fleet link, and knows neither end',
  },
  {
    files: 'packages/code/src',
    allow: [
      'node',
      '@aws-sdk/client-s3',
      '@aws-sdk/s3-request-presigner',
      '@mayfly/api',
      '@mayfly/core',
      '@mayfly/lambda-api',
      'yauzl',
      'yazl',
      'zod',
    ],
    why: 'code knows archives and their stores, and no program',
  },
  {
    files: 'operator/src',
    allow: [
      'node',
      '@mayfly/api',
      '@mayfly/core',
      '@mayfly/lambda-api',
      '@mayfly/manifests',
      '@mayfly/telemetry',
      'zod',
    ],
    why: 'the operator reaches the world through ports only',
  },
  {
    files: 'operator/src/pods',
    allow: ['node', '@mayfly/core', '@mayfly/manifests', '@mayfly/telemetry'],
    why: 'the driver of pods reaches the API server through narrow interfaces',
  },
  {
    files: 'operator/src/certificates',
    allow: ['node', '@mayfly/core', '@peculiar/x509'],
    why: 'certificates are made in one place, out of Secrets behind a port',
  },
  {
    files: 'operator/src/provisioning',
    allow: ['node', '@mayfly/api', '@mayfly/core', '@mayfly/lambda-api', 'croner'],
    why: 'cron expressions are read in one place',
  },
  {
    files: 'operator/src/cluster',
    allow: [
      'node',
      '@mayfly/api',
      '@mayfly/code',
      '@mayfly/core',
      '@mayfly/kube',
      '@mayfly/manifests',
      '@mayfly/proto',
      '@mayfly/telemetry',
      'zod',
    ],
    why: 'the composition of the operator in a cluster',
  },
  {
    files: 'gateway/src',
    allow: [
      'node',
      '@mayfly/api',
      '@mayfly/core',
      '@mayfly/lambda-api',
      '@mayfly/lambda-api/contract',
      '@mayfly/telemetry',
      'fastify',
      'zod',
    ],
    why: 'the gateway never imports the operator; undici lives in gateway/src/invoke and gateway/src/forward',
  },
  {
    files: 'gateway/src/forward',
    allow: ['node', '@mayfly/core', '@mayfly/lambda-api', '@mayfly/telemetry', 'undici', 'zod'],
    why: 'the way to other gateways knows nothing of the server in front of it',
  },
  {
    files: 'gateway/src/cluster',
    allow: ['node', '@mayfly/kube', '@mayfly/proto', '@mayfly/telemetry', 'zod'],
    why: 'the composition of a gateway in a cluster',
  },
  {
    files: 'gateway/src/invoke',
    allow: [
      'node',
      '@mayfly/api',
      '@mayfly/core',
      '@mayfly/lambda-api',
      '@mayfly/telemetry',
      'undici',
    ],
    why: 'the way to execution environments knows nothing of the server in front of it',
  },
  {
    files: 'runtime-images/agent/src',
    allow: ['node', '@mayfly/code/unpack', '@mayfly/core', '@mayfly/lambda-api'],
    why: 'the agent lies in every function image: it stays small and knows no platform',
  },
  {
    files: 'cli/src',
    allow: [
      'node',
      '@mayfly/api',
      '@mayfly/code',
      '@mayfly/core',
      '@mayfly/gateway',
      '@mayfly/lambda-api',
      '@mayfly/local',
      '@mayfly/operator',
      '@mayfly/telemetry',
      'commander',
      'fastify',
      'yaml',
      'zod',
    ],
    why: 'the command line composes the embedded mode out of everything but tests',
  },
];

// `regex`, not `group`: the latter does not match `node:fs/promises` in every linter.
const OTHER_WORKSPACE_BY_PATH = {
  regex: String.raw`^(?:\.\./)+(?:[^.]+/)?src/`,
  message: 'Import a workspace by its name: package.json is the graph.',
};

function layerBlock({ files, allow, why }) {
  const names = allow.map((name) => (name === 'node' ? 'node:.+' : `${name}$`));
  const refuseOthers = { regex: `^(?!\\.{1,2}/|${names.join('|')})`, message: `Not here: ${why}.` };
  return {
    files: [`${files}/**/*.ts`],
    ignores: TESTS,
    rules: {
      'no-restricted-imports': ['error', { patterns: [refuseOthers, OTHER_WORKSPACE_BY_PATH] }],
    },
  };
}

const ENV = {
  object: 'process',
  property: 'env',
  message: 'Configuration is read in config.ts and main.ts only.',
};
const EXIT = {
  object: 'process',
  property: 'exit',
  message: 'Only main.ts ends the process; throw instead.',
};
const MOCKS = ['mock', 'doMock'].map((property) => ({
  object: 'vi',
  property,
  message: 'Pass a fake as a dependency instead.',
}));
const CLOCKS = [
  { object: 'Date', property: 'now', message: 'Take a Clock.' },
  { object: 'performance', property: 'now', message: 'Take a Clock.' },
  { object: 'Math', property: 'random', message: 'Take `random` as a dependency.' },
];
const TIMERS = ['setTimeout', 'setInterval', 'setImmediate'].map((name) => ({
  name,
  message: 'Take a Clock.',
}));
const NEW_DATE = {
  selector: 'NewExpression[callee.name="Date"][arguments.length=0]',
  message: 'Take a Clock.',
};

export default tseslint.config(
  {
    ignores: [
      '**/node_modules/',
      '**/dist/',
      'coverage/',
      '.cache/',
      '.mayfly/',
      'examples/',
      'test/fixtures/',
    ],
  },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    plugins: { '@eslint-community/eslint-comments': comments },
    rules: {
      '@eslint-community/eslint-comments/require-description': ['error', { ignore: [] }],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unnecessary-condition': [
        'error',
        { allowConstantLoopConditions: 'only-allowed-literals' },
      ],
      // `_name` says that it is left out on purpose: a parameter before others, a property that is dropped.
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { allowDefaultCaseForExhaustiveSwitch: false },
      ],
      complexity: ['error', 10],
      eqeqeq: 'error',
      'max-lines': ['error', 500],
      'max-lines-per-function': ['error', { max: 80, skipComments: true, skipBlankLines: true }],
      'max-params': ['error', 3],
      'no-restricted-exports': [
        'error',
        {
          restrictDefaultExports: {
            direct: true,
            named: true,
            defaultFrom: true,
            namedFrom: true,
            namespaceFrom: true,
          },
        },
      ],
      'no-restricted-imports': ['error', { patterns: [OTHER_WORKSPACE_BY_PATH] }],
      'no-restricted-properties': ['error', ENV, EXIT, ...MOCKS],
    },
  },
  ...LAYERS.map(layerBlock),
  {
    // What a package gives to others is documented where it is declared.
    files: ['packages/*/src/**/*.ts'],
    ignores: ['**/*.test.ts', '**/*.d.ts'],
    plugins: { jsdoc },
    rules: {
      'jsdoc/require-jsdoc': [
        'error',
        {
          publicOnly: true,
          require: { ClassDeclaration: true, FunctionDeclaration: true },
          contexts: [
            'TSInterfaceDeclaration',
            'TSTypeAliasDeclaration',
            'ExportNamedDeclaration > VariableDeclaration',
          ],
          enableFixer: false,
        },
      ],
    },
  },
  {
    // Time and chance are arguments here, so that tests can step the one and choose the other.
    files: [...PURE, 'operator/src', 'gateway/src/invoke'].map((folder) => `${folder}/**/*.ts`),
    ignores: TESTS,
    rules: {
      'no-restricted-globals': ['error', ...TIMERS],
      'no-restricted-properties': ['error', ENV, EXIT, ...CLOCKS],
      'no-restricted-syntax': ['error', NEW_DATE],
    },
  },
  {
    files: ['**/config.ts'],
    rules: { 'no-restricted-properties': ['error', EXIT] },
  },
  {
    // Entry points of programs, and the runtime's own loop, which is one.
    files: [
      '**/main.ts',
      'packages/local/src/runtimes/nodejs/**/*.ts',
      'packages/*/scripts/**/*.ts',
      'gateway/scripts/**/*.ts',
    ],
    rules: { 'no-restricted-properties': 'off' },
  },
  {
    files: TESTS,
    rules: {
      '@typescript-eslint/no-empty-function': 'off',
      // Answers that a test has parsed, and `expect.any(…)`, are `any`: a wrong access fails the test.
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/require-await': 'off',
      // Fixtures are taken apart where they are made: `const { url, close } = await use…()`.
      '@typescript-eslint/unbound-method': 'off',
      'max-lines': ['error', 800],
      // `describe` is a function, and as long as what it describes.
      'max-lines-per-function': 'off',
      'no-restricted-imports': [
        'error',
        {
          paths: [
            {
              name: 'vitest',
              importNames: ['expect'],
              message: 'Take `expect` from the test context.',
            },
          ],
          patterns: [OTHER_WORKSPACE_BY_PATH],
        },
      ],
      'no-restricted-properties': ['error', EXIT, ...MOCKS],
    },
  },
  {
    // Programs by themselves: they read their environment and end with a code.
    files: ['test/bench/**/*.ts', 'test/helpers/**/*.ts', 'test/conformance/**/main.ts'],
    rules: { 'no-restricted-properties': 'off' },
  },
  // A tool and a declaration of somebody's module have the exports that they must have.
  { files: ['vitest.config.ts', '**/*.d.ts'], rules: { 'no-restricted-exports': 'off' } },
);
