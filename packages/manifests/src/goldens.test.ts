import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { SUPERVISOR_SCRIPT } from '@mayfly/core';
import { describe, it } from 'vitest';
import { parse, stringify } from 'yaml';
import {
  makeFunctionsNetworkPolicy,
  makePod,
  makeSparePod,
  type PlatformPods,
  type PodRequest,
  type PodSettings,
  type SparePodRequest,
} from './index.ts';

// `UPDATE_GOLDEN=1` writes what is made over what was expected: read the difference before you commit it.
const FOLDER = path.join(import.meta.dirname, 'goldens');
const CASES = globSync('*.in.yaml', { cwd: FOLDER }).sort();

const SETTINGS: PodSettings = {
  agentImage: 'mayfly/agent:1',
  imagePullPolicy: 'IfNotPresent',
  imagePullSecrets: [],
  runtimeImages: { 'nodejs24.x': 'lambda/nodejs:24', 'python3.13': 'lambda/python:3.13' },
  cpuRequestRatio: 0.1,
  announceUrl: 'http://mayfly-operator-leader.mayfly-system.svc:8081/announcements',
};

interface GoldenCase {
  readonly settings?: Partial<PodSettings>;
  readonly pod?: Omit<PodRequest, 'settings' | 'agentToken' | 'seal'>;
  readonly spare?: Omit<SparePodRequest, 'settings' | 'agentToken' | 'seal'>;
  readonly networkPolicy?: { readonly namespace: string; readonly platform: PlatformPods };
}

function make({ pod, spare, networkPolicy, settings }: GoldenCase): unknown {
  const made = { agentToken: 'token', seal: 'seal', settings: { ...SETTINGS, ...settings } };
  if (pod !== undefined) return makePod({ ...pod, ...made });
  if (spare !== undefined) return makeSparePod({ ...spare, ...made });
  if (networkPolicy === undefined) throw new Error('the case asks for nothing');
  return makeFunctionsNetworkPolicy(networkPolicy.namespace, networkPolicy.platform);
}

/** As it goes to the API server, but for the script, which is tested where it is written. */
function toPlain(made: unknown): unknown {
  return JSON.parse(JSON.stringify(made), (_key, value: unknown) =>
    value === SUPERVISOR_SCRIPT.replaceAll('$', () => '$$') ? 'SUPERVISOR_SCRIPT' : value,
  );
}

describe('manifests', () => {
  it('have cases', ({ expect }) => {
    expect(CASES.length).toBeGreaterThan(3);
  });

  it.for(CASES)('are made as expected: %s', (name, { expect }) => {
    const read = parse(readFileSync(path.join(FOLDER, name), 'utf8')) as GoldenCase;
    const made = toPlain(make(read));
    const expected = path.join(FOLDER, name.replace('.in.yaml', '.out.yaml'));
    if (process.env['UPDATE_GOLDEN'] === '1' || !existsSync(expected)) {
      writeFileSync(expected, stringify(made));
    }
    expect(made).toEqual(parse(readFileSync(expected, 'utf8')));
  });

  it('cannot be made for a runtime without an image', ({ expect }) => {
    const pool = { namespace: 'default', runtime: 'cobol85', memorySize: 128 };
    const made = { agentToken: 'token', seal: 'seal', settings: SETTINGS };
    const request = { executionEnvironmentId: 'ee', pool, ...made };
    expect(() => makeSparePod(request)).toThrow('cobol85');
  });
});
