import { defineConfig } from 'vitest/config';

// One project per level of test; `make test-<level>` runs one. No retries anywhere: a test that fails
// now and then is a defect of the test or of the code.

/** Levels whose tests start whole platforms: on few cores they would starve each other. */
const WHOLE_PLATFORM = {
  pool: 'forks',
  maxWorkers: 1,
  testTimeout: 60_000,
  hookTimeout: 120_000,
  globalSetup: 'test/helpers/build.ts',
} as const;

export default defineConfig({
  test: {
    sequence: { shuffle: true },
    retry: 0,
    maxWorkers: 2,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: [
            'packages/*/src/**/*.test.ts',
            '{operator,gateway,cli,runtime-images/agent}/src/**/*.test.ts',
          ],
          testTimeout: 20_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'architecture',
          include: [
            'test/architecture/**/*.test.ts',
            'test/charts/**/*.test.ts',
            'test/gitops/**/*.test.ts',
          ],
          exclude: ['**/*.e2e.test.ts', '**/*.gitops.test.ts'],
          testTimeout: 20_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          ...WHOLE_PLATFORM,
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          ...WHOLE_PLATFORM,
          name: 'conformance',
          include: ['test/conformance/**/*.test.ts'],
          sequence: { groupOrder: 2 },
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: [
            'test/e2e/**/*.e2e.test.ts',
            'test/charts/**/*.e2e.test.ts',
            // The same files as of the conformance level.
            'test/conformance/runtime/*.test.ts',
          ],
          env: { MAYFLY_CONFORMANCE_TARGET: 'cluster' },
          pool: 'forks',
          // One platform in one cluster for all: tests that restart its parts must not meet others.
          maxWorkers: 1,
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 180_000,
          globalSetup: [
            'test/e2e/setup/install.ts',
            'test/conformance/runtime/harness/delete-shared.ts',
          ],
          sequence: { groupOrder: 3 },
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e-gitops',
          include: ['test/gitops/**/*.gitops.test.ts'],
          pool: 'forks',
          // One Argo CD for one cluster.
          maxWorkers: 1,
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 180_000,
          globalSetup: ['test/e2e/setup/install.ts', 'test/gitops/setup/install-argocd.ts'],
          sequence: { groupOrder: 4 },
        },
      },
    ],
  },
});
