import fc from 'fast-check';
import { describe, it } from 'vitest';
import { CONTRACT, getStructure, toMember, type Shape } from './contract.ts';
import type { OperationName } from './generated/lambda-2015-03-31.ts';
import { matchOperation } from './match-operation.ts';
import { parseInput, toInputError } from './parse-input.ts';
import { readJsonStructure } from './read-value.ts';
import { serialiseOutput } from './serialise-output.ts';
import { fieldsOf } from './testing/arbitraries.ts';
import { encodeRequest } from './testing/encode-request.ts';
import { aRequest } from './testing/request.ts';

const OPERATIONS = Object.keys(CONTRACT.operations) as OperationName[];

/** Bytes are compared as bytes, whatever class holds them. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return { bytes: [...value] };
  if (value instanceof Date || typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(plain);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
}

function queryOf(target: string): Record<string, string[]> {
  const query = new URLSearchParams(target.split('?')[1] ?? '');
  return Object.fromEntries([...query.keys()].map((key) => [key, query.getAll(key)]));
}

describe('the contract', () => {
  it('names only shapes that it has, and patterns that can be used', ({ expect }) => {
    const shapes = Object.values(CONTRACT.shapes);
    expect(shapes.length).toBeGreaterThan(500);
    for (const shape of shapes) {
      for (const name of referencesOf(shape)) expect.soft(CONTRACT.shapes).toHaveProperty([name]);
      if (shape.type === 'string' && shape.pattern !== undefined) {
        expect.soft(new RegExp(shape.pattern)).toBeInstanceOf(RegExp);
      }
    }
  });

  it.for(OPERATIONS)('takes what a client writes for %s', (operation, { expect }) => {
    const { input = '' } = CONTRACT.operations[operation] ?? {};
    fc.assert(
      fc.property(fieldsOf(input), (fields) => {
        const { method, target, headers, body } = encodeRequest(operation, fields);
        const match = matchOperation(method, target);
        expect(match).toMatchObject({ kind: 'matched', operation });
        if (match.kind !== 'matched') return;
        const { pathParameters } = match;
        const parts = { pathParameters, query: queryOf(target), headers, body };
        const parsed = parseInput(match.operation, parts);
        if (parsed.kind !== 'parsed') throw toInputError(parsed);
        expect(plain(parsed.input)).toEqual(plain(fields));
      }),
      { numRuns: 20 },
    );
  });

  it.for(OPERATIONS)('writes what an answer of %s says', (operation, { expect }) => {
    const { output } = CONTRACT.operations[operation] ?? {};
    if (output === undefined) return;
    const shape = getStructure(output);
    fc.assert(
      fc.property(fieldsOf(output), (fields) => {
        const answer = serialiseOutput(operation, fields as never);
        expect(answer.status).toBeTypeOf('number');
        if (typeof answer.body !== 'string' || shape.payload !== undefined) return;
        const outside = Object.entries(shape.members).filter(([, each]) => toMember(each).in);
        const inBody = { ...fields };
        for (const [name] of outside) Reflect.deleteProperty(inBody, name);
        expect(plain(readJsonStructure(shape, JSON.parse(answer.body)))).toEqual(plain(inBody));
      }),
      { numRuns: 6 },
    );
  });

  it('has an answer for whatever is sent', ({ expect }) => {
    const text = fc.oneof(
      fc.string(),
      fc.constantFrom('', '$LATEST', 'a:b:c', '-1', 'true', '1e9', '\u0000', '\ud800'),
    );
    const values = fc.dictionary(text, fc.oneof(text, fc.array(text, { maxLength: 3 })));
    const body = fc.option(
      fc.oneof(
        fc.uint8Array(),
        fc.json().map((json) => new TextEncoder().encode(json)),
      ),
      { nil: undefined },
    );
    fc.assert(
      fc.property(fc.constantFrom(...OPERATIONS), values, body, (operation, found, bytes) => {
        const texts = Object.values(found).flat();
        const names = Object.keys(
          getStructure(CONTRACT.operations[operation]?.input ?? '').members,
        );
        const some = Object.fromEntries(names.map((name, at) => [name, texts[at] ?? '']));
        const parts = { pathParameters: some, query: { ...found, ...some }, headers: some };
        const parsed = parseInput(operation, { ...parts, body: bytes });
        if (parsed.kind === 'parsed') return;
        expect(toInputError(parsed).statusCode).toBe(400);
      }),
      { numRuns: 1000 },
    );
  });

  it('has an answer for bodies with members of any type', ({ expect }) => {
    const takers = OPERATIONS.filter((name) => CONTRACT.operations[name]?.method !== 'GET');
    const requests = fc.constantFrom(...takers).chain((operation) => {
      const names = Object.keys(getStructure(CONTRACT.operations[operation]?.input ?? '').members);
      const inner = fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.constantFrom({}, [], [null], [{}]));
      const body = fc.dictionary(fc.constantFrom(...names), inner);
      return body.map((fields) => ({ operation, fields }));
    });
    fc.assert(
      fc.property(requests, ({ operation, fields }) => {
        const parsed = parseInput(operation, aRequest({ body: fields }));
        if (parsed.kind === 'parsed') return;
        const { statusCode, message } = toInputError(parsed);
        expect(statusCode).toBe(400);
        expect(message).not.toContain('undefined');
      }),
      { numRuns: 1000 },
    );
  });

  it('takes no time over a pattern, whatever the text', ({ expect }) => {
    const evil = ['a', '0', '-', '.', ':', 'a.', 'arn:aws:lambda:', '/', ' ', '$', 'A0-'].flatMap(
      (part) => [part.repeat(2048 / part.length), `${part.repeat(2000 / part.length)}!`],
    );
    const slow = Object.entries(CONTRACT.shapes).flatMap(([name, shape]) => {
      if (shape.type !== 'string' || shape.pattern === undefined) return [];
      const pattern = new RegExp(`^(?:${shape.pattern})$`);
      const began = performance.now();
      for (const text of evil) pattern.test(text);
      const took = performance.now() - began;
      return took > 500 ? [`${name}: ${took.toFixed(0)} ms`] : [];
    });
    expect(slow).toEqual([]);
  });
});

function referencesOf(shape: Shape): readonly string[] {
  if (shape.type === 'structure') {
    return Object.values(shape.members).map((member) => toMember(member).shape);
  }
  if (shape.type === 'list') return [shape.member];
  return shape.type === 'map' ? [shape.key, shape.value] : [];
}
