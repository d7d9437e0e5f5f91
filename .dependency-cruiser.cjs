// The dependency rules once more, on the graph that the resolver sees. `scripts/check-dependencies.mjs`
// runs them and fails when nothing was cruised.
const PURE = '^packages/(?:api|lambda-api|core|manifests)/src';
// Tests, and what tests of one workspace share.
const TEST = String.raw`(?:[.]test[.]ts$)|(?:-fixture[.]ts$)|/testing/|/src/fixtures/`;

/** `home` is the only folder that may import `library`. */
function homeOf(library, home, why) {
  return {
    name: `home-of-${library.replaceAll(/[^a-z/-]/g, '')}`,
    comment: why,
    severity: 'error',
    from: { pathNot: [home, '^test/', TEST] },
    to: { path: `(?:^|/)node_modules/${library}/` },
  };
}

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'Two files that need each other are one file, or need a third.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'pure-packages-touch-nothing',
      comment: 'api, lambda-api, core and manifests run anywhere: no module of Node.',
      severity: 'error',
      from: { path: PURE, pathNot: TEST },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'pure-packages-import-pure-packages',
      severity: 'error',
      from: { path: PURE, pathNot: TEST },
      to: { path: '^(?:packages|operator|gateway|cli|runtime-images)/', pathNot: PURE },
    },
    {
      name: 'api-and-lambda-api-stand-alone',
      severity: 'error',
      from: { path: '^packages/(api|lambda-api)/src', pathNot: TEST },
      to: { path: '^packages/', pathNot: '^packages/$1/' },
    },
    {
      name: 'telemetry-stands-alone',
      severity: 'error',
      from: { path: '^packages/telemetry/src', pathNot: TEST },
      to: {
        path: '^(?:packages|operator|gateway|cli|runtime-images)/',
        pathNot: '^packages/telemetry/',
      },
    },
    {
      name: 'packages-know-no-program',
      severity: 'error',
      from: { path: '^packages/', pathNot: TEST },
      to: { path: '^(?:operator|gateway|cli|runtime-images)/' },
    },
    {
      name: 'programs-are-apart',
      comment:
        'Operator and gateway talk through a port, the agent over HTTP; only the CLI composes.',
      severity: 'error',
      from: { path: '^(operator|gateway|runtime-images)/', pathNot: TEST },
      to: { path: '^(?:operator|gateway|cli|runtime-images|packages/local)/', pathNot: '^$1/' },
    },
    {
      name: 'tests-are-not-imported',
      severity: 'error',
      from: { pathNot: [TEST, '^test/', '^packages/testkit/'] },
      to: { path: ['^packages/testkit/', '^test/', TEST] },
    },
    {
      name: 'workspaces-by-their-front-door',
      comment: 'A package gives what its `exports` name, and nothing deeper.',
      severity: 'error',
      from: { path: '^(packages/[^/]+|operator|gateway|cli|runtime-images/agent)/', pathNot: TEST },
      to: {
        path: '^(?:packages/[^/]+|operator|gateway|cli|runtime-images/agent)/',
        pathNot: [
          '^$1/',
          '/src/(?:index|run|main)[.]ts$',
          '/reserved-variables[.]ts$',
          '^packages/code/src/unpack[.]ts$',
          '^packages/lambda-api/src/contract/index[.]ts$',
        ],
      },
    },
    {
      name: 'nothing-unresolved',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    homeOf(
      'undici',
      '^gateway/src/(?:invoke|forward)/',
      'The client of execution environments and gateways.',
    ),
    homeOf('pino', '^packages/telemetry/', 'Everybody else takes a Logger.'),
    homeOf('pino-pretty', '^packages/telemetry/', 'Everybody else takes a Logger.'),
    homeOf('prom-client', '^packages/telemetry/', 'Everybody else takes it from telemetry.'),
    homeOf('@kubernetes/client-node', '^packages/kube/', 'Everybody else takes a port.'),
    homeOf('@grpc/grpc-js', '^packages/proto/', 'Everybody else takes typed clients.'),
    homeOf('@bufbuild/protobuf', '^packages/proto/', 'Everybody else takes typed clients.'),
    homeOf('@aws-sdk/client-s3', '^packages/code/', 'Everybody else takes a CodeStore.'),
    homeOf('@peculiar/x509', '^operator/src/certificates/', 'Certificates are made in one place.'),
    homeOf('croner', '^operator/src/provisioning/', 'Cron expressions are read in one place.'),
    homeOf('commander', '^cli/', 'The command line.'),
    homeOf('yauzl', '^packages/code/', 'Archives are unpacked in one place.'),
    homeOf('yazl', '^packages/code/', 'Archives are packed in one place.'),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(?:^|/)(?:dist|coverage|test/fixtures)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'types', 'default'],
      extensions: ['.ts', '.mjs', '.js', '.d.ts'],
    },
  },
};
