import { describe, it } from 'vitest';
import { WEIGHTS_RULES } from './alias.ts';
import { FUNCTION_RULES } from './object-rules.ts';
import { CODE_RULES } from './function-code.ts';
import { VARIABLES_RULES } from './function-environment.ts';
import { isKindName, KIND_NAMES, KINDS, unservedKindReason } from './kinds.ts';
import { SOURCE_RULES } from './function-pod.ts';
import { ZIP_RULES } from './function-zip.ts';
import { PLANNED_FIELDS } from './planned-fields.ts';
import { isReservedVariable, RESERVED_VARIABLES } from './reserved-variables.ts';
import { CEL_KEY } from './rules.ts';

describe('kinds', () => {
  it('lists each kind once', ({ expect }) => {
    expect([...KIND_NAMES].toSorted()).toEqual(Object.keys(KINDS).toSorted());
  });

  it('recognises its own names and no others', ({ expect }) => {
    expect(KIND_NAMES.every(isKindName)).toBe(true);
    expect(isKindName('Pod')).toBe(false);
    expect(isKindName(undefined)).toBe(false);
  });

  it('says of event source mappings alone that they are not served', ({ expect }) => {
    const reasons = KIND_NAMES.map((kind) => unservedKindReason(kind));
    expect(reasons).toEqual([
      undefined,
      undefined,
      undefined,
      expect.stringMatching(/^EventSourceMapping objects .* not served yet: /),
      undefined,
      undefined,
    ]);
  });
});

describe('planned fields', () => {
  it('names no field that a schema has, but for planned values', ({ expect }) => {
    const served = PLANNED_FIELDS.filter(({ kind, path, value }) => {
      const [, field = '', nested] = path.split('.');
      return value === undefined && nested === undefined && field in KINDS[kind].spec.shape;
    });
    expect(served).toEqual([]);
  });

  it('names each field and value once', ({ expect }) => {
    const names = PLANNED_FIELDS.map(({ kind, path, value }) => [kind, path, value].join(' '));
    expect(new Set(names).size).toBe(names.length);
  });

  it('has a type for each field that no schema has', ({ expect }) => {
    const untyped = PLANNED_FIELDS.filter(
      (f) => (f.type === undefined) !== (f.value !== undefined),
    );
    expect(untyped).toEqual([]);
  });

  it('says why in each sentence', ({ expect }) => {
    for (const { message } of PLANNED_FIELDS) {
      expect(message).toMatch(/^(\w+ )?is not served (yet|here): .+/);
    }
  });
});

describe('rules', () => {
  const { from: sources, variables: optionalVariables } =
    KINDS.Function.spec.shape.environment.unwrap().shape;
  const variables = optionalVariables.unwrap();
  const weights = KINDS.Alias.spec.shape.routingConfig
    .unwrap()
    .shape.additionalVersionWeights.unwrap();

  it.for([
    ['code', KINDS.Function.spec.shape.code.meta(), CODE_RULES],
    ['variables', variables.meta(), VARIABLES_RULES],
    ['zip', KINDS.Function.spec.shape.code.shape.zip.unwrap().meta(), ZIP_RULES],
    ['from', sources.unwrap().element.meta(), SOURCE_RULES],
    ['weights', weights.meta(), WEIGHTS_RULES],
  ] as const)('carry the CEL text of every function about %s', ([, meta, rules], { expect }) => {
    expect(meta?.[CEL_KEY]).toEqual(rules.map(({ rule, message }) => ({ rule, message })));
  });

  it('name oldSelf in CEL exactly where the function needs the previous object', ({ expect }) => {
    // Those of mappings depend on each other: event-source-rules.test.ts changes one field at a time.
    const kinds = KIND_NAMES.filter((kind) => kind !== 'EventSourceMapping');
    const all = kinds.flatMap((kind) => KINDS[kind].rules);
    const transitions = all.filter(({ rule }) => rule.includes('oldSelf'));
    const changed = (
      word: string,
    ): { metadata: { name: string }; spec: Record<string, string> } => ({
      metadata: { name: word },
      spec: {
        functionName: word,
        name: word,
        description: word,
        codeSha256: word,
        revisionId: word,
        version: word,
        snapshot: word,
        layerName: word,
        licenseInfo: word,
        compatibleRuntimes: word,
        compatibleArchitectures: word,
        content: word,
        runtime: word,
        handler: word,
      },
    });
    const broken = all.filter((rule) => !rule.holds(changed('new'), changed('old')));
    expect(broken).toEqual(transitions);
    expect(all.filter((rule) => !rule.holds(changed('new'), undefined))).toEqual([]);
    expect(FUNCTION_RULES.length).toBeGreaterThan(0);
  });
});

describe('reserved variables', () => {
  it('are what Lambda reserves, and our own', ({ expect }) => {
    expect(RESERVED_VARIABLES).toContain('AWS_LAMBDA_RUNTIME_API');
    expect(RESERVED_VARIABLES).toContain('MAYFLY_EXECUTION_ENVIRONMENT_ID');
    expect(isReservedVariable('_HANDLER')).toBe(true);
    expect(isReservedVariable('PATH')).toBe(false);
    expect(isReservedVariable('toString')).toBe(false);
  });
});
