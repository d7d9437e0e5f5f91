import fc from 'fast-check';
import { describe, it } from 'vitest';
import { KIND_NAMES, KINDS } from '../v1alpha1/kinds.ts';
import type { KindName } from '../v1alpha1/kinds.ts';
import { PLANNED_FIELDS } from '../v1alpha1/planned-fields.ts';
import { RESERVED_VARIABLES } from '../v1alpha1/reserved-variables.ts';
import { formatProblems, parsePath } from './problem.ts';
import { applyDefaults, readSpec, validateObject, validateSpec } from './validate-spec.ts';

type Fields = Readonly<Record<string, unknown>>;

const MINIMAL: Readonly<Record<KindName, Fields>> = {
  Function: { runtime: 'nodejs24.x', handler: 'index.handler', code: { inline: 'x' } },
  Version: { functionName: 'hello' },
  Alias: { functionName: 'hello', name: 'live', functionVersion: '1' },
  EventSourceMapping: { functionName: 'hello:live', eventSourceArn: 'arn:aws:sqs:eu:0:queue' },
  LayerVersion: { layerName: 'libs', content: { zip: { url: 'http://a/libs.zip' } } },
  CodeSigningConfig: {
    allowedPublishers: {
      signingProfileVersionArns: ['arn:aws:signer:eu-west-1:000000000000:/signing-profiles/p/v1'],
    },
  },
};

function problemsOf(overrides: Fields, kind: KindName = 'Function'): string {
  return formatProblems(validateSpec(kind, { ...MINIMAL[kind], ...overrides }));
}

describe('validateSpec', () => {
  it.for(KIND_NAMES)('takes a %s with its required fields only', (kind, { expect }) => {
    expect(validateSpec(kind, MINIMAL[kind])).toEqual([]);
  });

  it.for([
    [{ timeout: 1000 }, 'spec.timeout: must be at most 900 (got 1000)'],
    [{ timeout: '3' }, 'spec.timeout: must be a whole number (got "3")'],
    [{ timeout: NaN }, 'spec.timeout: must be a whole number (got NaN)'],
    [{ memorySize: 127 }, 'spec.memorySize: must be at least 128 (got 127)'],
    [{ memorySize: 128.5 }, 'spec.memorySize: must be a whole number (got 128.5)'],
    [{ runtime: 24 }, 'spec.runtime: must be a string (got 24); put it in quotes'],
    [{ runtime: null }, 'spec.runtime: must be a string (got null)'],
    [{ handler: '' }, 'spec.handler: must not be empty'],
    [{ handler: 'a b' }, 'spec.handler: must not hold white space (got "a b")'],
    [
      { functionName: 'grüße' },
      'spec.functionName: may hold letters, digits, - and _ only (got "grüße")',
    ],
    [
      { description: 'x'.repeat(300) },
      'spec.description: must be at most 256 characters (got 300)',
    ],
    [
      { architectures: ['x86_64', 'arm64'] },
      'spec.architectures: must have at most 1 item (got 2)',
    ],
    [{ architectures: [] }, 'spec.architectures: must have at least 1 item (got 0)'],
    [
      { architectures: ['arm-64'] },
      'spec.architectures[0]: must be one of x86_64, arm64 (got "arm-64"); did you mean arm64?',
    ],
    [
      { packageType: 'zip' },
      'spec.packageType: must be one of Zip, Image (got "zip"); did you mean Zip?',
    ],
    [{ url: {} }, 'spec.url.authType: is required'],
    [
      { url: { authType: 'NONE', cors: { allowMethods: ['GET', 'OPTIONS'] } } },
      'spec.url.cors.allowMethods[1]: must be one of GET, HEAD, POST, PUT, PATCH, DELETE, * (got "OPTIONS")',
    ],
    [
      { url: { authType: 'NONE', cors: { allowCredentials: 'yes' } } },
      'spec.url.cors.allowCredentials: must be true or false (got "yes")',
    ],
    [{ environment: [] }, 'spec.environment: must be an object (got a list)'],
    [
      { url: { authType: 'NONE', cors: { maxAge: {} } } },
      'spec.url.cors.maxAge: must be a whole number (got an object)',
    ],
  ] as const)('says what is wrong with %j', ([overrides, problem], { expect }) => {
    expect(problemsOf(overrides)).toBe(problem);
  });

  it.for([null, undefined, 3, 'spec', [], true])('refuses %j as a spec', (spec, { expect }) => {
    const [problem] = validateSpec('Function', spec);
    expect(problem?.path).toBe('spec');
    expect(problem?.message).toMatch(/^(must be an object|is required)/);
  });

  it('reports everything at once, in the order of the schema', ({ expect }) => {
    const wrong = { runtime: '', handler: '' };
    expect(validateSpec('Function', wrong).map(({ path }) => path)).toEqual([
      'spec.runtime',
      'spec.handler',
      'spec.code',
    ]);
  });
});

describe('unknown fields', () => {
  it.for([
    [{ tiemout: 3 }, 'spec.tiemout: unknown field "tiemout"; did you mean "timeout"?'],
    [{ MemorySize: 3 }, 'spec.MemorySize: unknown field "MemorySize"; did you mean "memorySize"?'],
    [{ replicas: 3 }, 'spec.replicas: unknown field "replicas"'],
    [
      { scaling: { idleSecond: 3 } },
      'spec.scaling.idleSecond: unknown field "idleSecond"; did you mean "idleSeconds"?',
    ],
    [
      { url: { authType: 'NONE', cors: { allowOrigin: [] } } },
      'spec.url.cors.allowOrigin: unknown field "allowOrigin"; did you mean "allowOrigins"?',
    ],
  ] as const)('are refused by name: %j', ([overrides, problem], { expect }) => {
    expect(problemsOf(overrides)).toBe(problem);
  });
});

describe('planned fields', () => {
  it.for(PLANNED_FIELDS)('are refused with their sentence: $kind $path', (field, { expect }) => {
    const [, ...segments] = parsePath(field.path);
    const value = field.value ?? {};
    const overrides = segments.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value);
    const problems = validateSpec(field.kind, { ...MINIMAL[field.kind], ...(overrides as Fields) });
    expect(problems).toContainEqual({ path: field.path, message: field.message });
  });

  it('stand in for the required fields that they would replace', ({ expect }) => {
    const spec = { source: {} };
    expect(validateSpec('EventSourceMapping', spec).map(({ path }) => path)).not.toContain(
      'spec.eventSourceArn',
    );
  });
});

describe('code', () => {
  it.for([{}, { inline: 'x', zip: { path: 'x' } }, { inline: 'x', image: { uri: 'a/b:1' } }])(
    'is refused as %j',
    (code, { expect }) => {
      expect(problemsOf({ code })).toBe(
        'spec.code: must have exactly one of inline, zip and image',
      );
    },
  );

  it('is bounded in bytes, not in characters', ({ expect }) => {
    expect(problemsOf({ code: { inline: 'é'.repeat(262_144) } })).toBe('');
    expect(problemsOf({ code: { inline: 'é'.repeat(262_145) } })).toBe(
      'spec.code: inline must be at most 524288 bytes; use zip for more',
    );
  });

  it.for([{}, { path: 'a.zip', url: 'https://example.com/a.zip' }])(
    'needs exactly one place of an archive, not %j',
    (zip, { expect }) => {
      expect(problemsOf({ code: { zip } })).toBe(
        'spec.code.zip: must have exactly one of path, url, s3, configMap, store and oci',
      );
    },
  );

  it('takes a digest in base64 only', ({ expect }) => {
    const sha256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
    expect(problemsOf({ code: { zip: { path: 'x', sha256 } } })).toContain(
      'spec.code.zip.sha256: must be a SHA-256 in base64',
    );
  });
});

describe('environment variables', () => {
  const refuse = (variables: Fields): string => problemsOf({ environment: { variables } });

  it('take up to 4096 bytes of keys and values', ({ expect }) => {
    expect(refuse({ AB: 'x'.repeat(4094) })).toBe('');
    expect(refuse({ AB: 'é'.repeat(2048) })).toBe(
      'spec.environment.variables: keys and values must be at most 4096 bytes in all (got 4098)',
    );
  });

  it.for(['A', '1A', 'A-B', 'Ä1', ''])('refuse the key "%s"', (key, { expect }) => {
    expect(refuse({ [key]: 'x' })).toContain('keys must start with a letter');
  });

  it.for(RESERVED_VARIABLES)('refuse the reserved name %s', (name, { expect }) => {
    expect(refuse({ [name]: 'x' })).toContain(
      `must not set a variable that the platform sets (got "${name}")`,
    );
  });

  it('are strings', ({ expect }) => {
    expect(refuse({ PORT: 8080 })).toBe(
      'spec.environment.variables.PORT: must be a string (got 8080); put it in quotes',
    );
  });
});

describe('other kinds', () => {
  it.for([
    [
      'Alias',
      { name: '12' },
      'spec.name: may hold letters, digits, - and _ only, and not digits alone (got "12")',
    ],
    [
      'Alias',
      { functionVersion: 'live' },
      'spec.functionVersion: must be a version number or $LATEST (got "live")',
    ],
    [
      'Version',
      { functionName: 'a:1' },
      'spec.functionName: may hold letters, digits, - and _ only (got "a:1")',
    ],
    [
      'EventSourceMapping',
      { eventSourceArn: 'queue' },
      'spec.eventSourceArn: must be an ARN (got "queue")',
    ],
  ] as const)('%s refuses %j', ([kind, overrides, problem], { expect }) => {
    expect(problemsOf(overrides, kind)).toBe(problem);
  });
});

describe('validateObject', () => {
  const object = (
    name: string,
    spec: Fields = {},
  ): { metadata: { name: string }; spec: Fields } => ({
    metadata: { name },
    spec: { runtime: 'nodejs24.x', handler: 'index.handler', ...spec },
  });

  it('asks for a function name where metadata.name is none', ({ expect }) => {
    expect(validateObject('Function', object('hello'))).toEqual([]);
    expect(validateObject('Function', object('a.b', { functionName: 'ab' }))).toEqual([]);
    expect(validateObject('Function', object('a.b'))[0]?.path).toBe('spec.functionName');
    expect(validateObject('Function', object('a'.repeat(65)))[0]?.path).toBe('spec.functionName');
  });

  it.for([
    [{ runtime: undefined }, 'spec.runtime: is required'],
    [{ handler: undefined }, 'spec.handler: is required'],
    [
      { packageType: 'Image', code: { image: {} } },
      'spec.runtime: is not for packageType Image: the image has its own; ' +
        'spec.handler: is not for packageType Image: set spec.code.image.command',
    ],
    [
      { code: { image: {} } },
      'spec.code.image: and packageType Image go together: set both or neither',
    ],
    [
      { runtimeInterface: 'rie' },
      'spec.runtimeInterface: rie needs packageType Image: archives are unpacked by the agent',
    ],
  ] as const)(
    'knows what an archive needs and an image has: %j',
    ([spec, problems], { expect }) => {
      expect(formatProblems(validateObject('Function', object('hello', spec)))).toBe(problems);
    },
  );

  it('takes an image with nothing beside it', ({ expect }) => {
    const spec = { packageType: 'Image', code: { image: {} }, runtimeInterface: 'rie' };
    const launch = { runtime: undefined, handler: undefined };
    expect(validateObject('Function', object('hello', { ...launch, ...spec }))).toEqual([]);
  });

  it('keeps the function name, said or not', ({ expect }) => {
    const before = object('hello');
    expect(validateObject('Function', object('hello', { functionName: 'hello' }), before)).toEqual(
      [],
    );
    expect(validateObject('Function', object('hello', { functionName: 'bye' }), before)).toEqual([
      {
        path: 'spec.functionName',
        message: 'cannot be changed: delete the Function and create another',
      },
    ]);
  });
});

describe('applyDefaults', () => {
  it('throws with every problem in the message', ({ expect }) => {
    expect(() =>
      applyDefaults('Function', { handler: '', code: { inline: 'x' }, timeout: 0 }),
    ).toThrow(
      'defaulting the spec of a Function: spec.handler: must not be empty; spec.timeout: must be at least 1 (got 0)',
    );
  });

  it('changes nothing the second time', ({ expect }) => {
    for (const kind of KIND_NAMES) {
      const once = applyDefaults(kind, MINIMAL[kind]);
      expect(applyDefaults(kind, once)).toEqual(once);
    }
  });
});

describe('readSpec', () => {
  const base = { runtime: 'nodejs24.x', handler: 'index.handler', code: { inline: 'x' } };

  it('leaves the fields of a newer release as they are, and defaults the others', ({ expect }) => {
    const newer = {
      ...base,
      later: { a: [1] },
      environment: {
        variables: { AB: '1' },
        from: [{ name: 'CD', secretKeyRef: { name: 's', key: 'k', inner: true }, extra: 1 }],
      },
    };
    const read = readSpec('Function', newer);
    expect(read).toMatchObject(newer);
    expect(read).toEqual({ ...applyDefaults('Function', { ...base }), ...newer });
  });

  it('throws when what is known is wrong', ({ expect }) => {
    expect(() => readSpec('Function', { ...base, later: 1, timeout: 0 })).toThrow(
      'spec.timeout: must be at least 1 (got 0)',
    );
  });
});

describe('any spec', () => {
  const names = fc.constantFrom(
    ...Object.keys(KINDS.Function.spec.shape),
    'layers',
    '__proto__',
    'x',
  );
  const values = fc.oneof(
    fc.anything(),
    fc.constantFrom(
      'nodejs24.x',
      'Zip',
      128,
      { inline: 'x' },
      { zip: { path: 'x' } },
      { variables: {} },
    ),
  );
  const specs = fc.oneof(
    fc.anything(),
    fc.dictionary(names, values).map((fields) => ({ ...MINIMAL.Function, ...fields })),
  );

  it('is accepted by validateSpec exactly when the schema parses it', ({ expect }) => {
    fc.assert(
      fc.property(specs, fc.constantFrom(...KIND_NAMES), (spec, kind) => {
        const problems = validateSpec(kind, spec);
        expect(problems.length === 0).toBe(KINDS[kind].spec.safeParse(spec).success);
        expect(
          problems.every(({ path, message }) => path.startsWith('spec') && message !== ''),
        ).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});
