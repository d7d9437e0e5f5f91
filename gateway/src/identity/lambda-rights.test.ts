import { readFileSync } from 'node:fs';
import { describe, it } from 'vitest';
import type { OperationName } from '@mayfly/lambda-api/contract';
import { actionOf, OPERATION_RIGHTS, rightFor } from './lambda-rights.ts';

const CONTRACT = new URL(
  '../../../packages/lambda-api/src/contract/generated/lambda-2015-03-31.json',
  import.meta.url,
);

describe('the right that an operation asks for', () => {
  it('is written down for every operation of the contract', ({ expect }) => {
    const { operations } = JSON.parse(readFileSync(CONTRACT, 'utf8')) as { operations: object };
    const names = Object.keys(operations);
    expect(names.length).toBeGreaterThan(80);
    expect(Object.keys(OPERATION_RIGHTS).toSorted()).toEqual(names.toSorted());
    for (const name of names as OperationName[]) {
      expect(rightFor(actionOf(name))).toEqual(OPERATION_RIGHTS[name]);
    }
  });

  it('lets nobody change anything who may only read', ({ expect }) => {
    for (const [name, { verb }] of Object.entries(OPERATION_RIGHTS)) {
      const isRead = /^(?:Get|List)/.test(name);
      expect.soft(['get', 'list'].includes(verb), name).toBe(isRead);
      expect.soft(verb === 'invoke', name).toBe(name.startsWith('Invoke'));
    }
  });

  it.for([
    ['lambda:InvokeFunction', 'invoke', 'functions'],
    ['lambda:InvokeFunctionUrl', 'invoke', 'functions'],
    ['lambda:PublishVersion', 'create', 'versions'],
    ['lambda:DeleteFunction', 'delete', 'functions'],
    ['lambda:DeleteFunctionConcurrency', 'update', 'functions'],
    ['lambda:GetLayerVersion', 'get', 'layerversions'],
  ] as const)('for %s is %s on %s', ([action, verb, resource], { expect }) => {
    expect(rightFor(action)).toEqual({ verb, resource });
  });

  it('is none for what is no action', ({ expect }) => {
    expect(() => rightFor('lambda:Everything')).toThrow('finding the right for lambda:Everything');
  });
});
