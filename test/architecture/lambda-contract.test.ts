import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it, onTestFinished } from 'vitest';
import { parseModel } from '../../packages/lambda-api/scripts/botocore-model.ts';
import { compactModel } from '../../packages/lambda-api/scripts/compact-model.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const GENERATED = 'src/contract/generated';

const MODEL = {
  metadata: { apiVersion: '2015-03-31', uid: 'lambda-2015-03-31' },
  operations: {
    PutThing: {
      name: 'PutThing',
      http: { method: 'PUT', requestUri: '/2015-03-31/things/{Name}', responseCode: 201 },
      input: { shape: 'PutThingRequest' },
      errors: [{ shape: 'BrokenException' }],
      documentation: '<p>Puts a thing.</p>',
    },
  },
  shapes: {
    PutThingRequest: {
      type: 'structure',
      required: ['Name'],
      members: {
        Name: { shape: 'Name', location: 'uri', locationName: 'Name', documentation: 'A name.' },
        Keys: { shape: 'Names', location: 'querystring', locationName: 'keys' },
        Note: { shape: 'Note' },
      },
    },
    Name: { type: 'string', max: 64, min: 1, pattern: '[a-z]+' },
    Names: { type: 'list', member: { shape: 'Name' } },
    Note: { type: 'string', sensitive: true },
    Unused: { type: 'string' },
    BrokenException: {
      type: 'structure',
      members: { Message: { shape: 'Note' } },
      error: { httpStatusCode: 502 },
      exception: true,
      fault: true,
    },
  },
};

/** A copy of the package, in which files can be spoilt. */
async function usePackage(): Promise<string> {
  const root = await mkdtemp(path.join(tmpdir(), 'lambda-contract-'));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  await symlink(path.join(ROOT, 'node_modules'), path.join(root, 'node_modules'));
  await cp(path.join(ROOT, '.prettierrc.json'), path.join(root, '.prettierrc.json'));
  const folder = path.join(root, 'packages/lambda-api');
  await mkdir(folder, { recursive: true });
  for (const part of ['scripts', 'src', 'package.json']) {
    await cp(path.join(ROOT, 'packages/lambda-api', part), path.join(folder, part), {
      recursive: true,
    });
  }
  return folder;
}

async function generate(
  folder: string,
  ...words: readonly string[]
): Promise<{ readonly code: number; readonly text: string }> {
  const script = path.join(folder, 'scripts/generate.ts');
  return await new Promise((resolve) => {
    const child = execFile(process.execPath, [script, ...words], (_error, stdout, stderr) => {
      resolve({ code: child.exitCode ?? -1, text: stdout + stderr });
    });
  });
}

describe('the contract of the Lambda API', () => {
  it('is what the lock says, with its types', async ({ expect }) => {
    expect(await generate(path.join(ROOT, 'packages/lambda-api'), '--check')).toEqual({
      code: 0,
      text: '',
    });
  });

  it('is refused when somebody has changed it by hand', async ({ expect }) => {
    const folder = await usePackage();
    const file = path.join(folder, GENERATED, 'lambda-2015-03-31.json');
    await writeFile(file, (await readFile(file, 'utf8')).replace('"PUT"', '"POST"'));
    const { code, text } = await generate(folder, '--check');
    expect(code).toBe(1);
    expect(text).toContain('is not what was made of botocore');
    expect(text).toContain('make generate LAMBDA_MODEL=');
  });

  it('is made of a model that is named', async ({ expect }) => {
    const folder = await usePackage();
    const model = path.join(folder, 'service-2.json');
    await writeFile(model, JSON.stringify(MODEL));
    expect((await generate(folder, model)).code).toBe(0);
    expect((await generate(folder, '--check')).code).toBe(0);
    const types = await readFile(path.join(folder, GENERATED, 'lambda-2015-03-31.ts'), 'utf8');
    expect(types).toContain('readonly Keys?: readonly string[] | undefined;');
    expect(types).toContain('readonly PutThing: PutThingRequest;');
    const errors = await readFile(path.join(folder, GENERATED, 'modelled-errors.ts'), 'utf8');
    expect(errors).toContain("BrokenException: { statusCode: 502, fault: 'service' }");
  });

  it('keeps names, places, bounds and errors, one line each, and no documentation', ({
    expect,
  }) => {
    const text = compactModel(parseModel(JSON.stringify(MODEL)));
    expect(text.split('\n').find((line) => line.startsWith('"Name"'))).toBe(
      '"Name": {"type":"string","min":1,"max":64,"pattern":"[a-z]+"},',
    );
    expect(JSON.parse(text)).toEqual({
      operations: {
        PutThing: {
          method: 'PUT',
          path: '/2015-03-31/things/{Name}',
          status: 201,
          input: 'PutThingRequest',
          errors: ['BrokenException'],
        },
      },
      shapes: {
        BrokenException: {
          type: 'structure',
          error: { status: 502, fault: 'service' },
          members: { Message: 'Note' },
        },
        Name: { type: 'string', min: 1, max: 64, pattern: '[a-z]+' },
        Names: { type: 'list', member: 'Name' },
        Note: { type: 'string', sensitive: true },
        PutThingRequest: {
          type: 'structure',
          required: ['Name'],
          members: {
            Name: { shape: 'Name', in: 'uri' },
            Keys: { shape: 'Names', in: 'query', name: 'keys' },
            Note: 'Note',
          },
        },
      },
    });
  });

  it('is made of no other model', ({ expect }) => {
    const other = { ...MODEL, metadata: { apiVersion: '2014-11-11' } };
    expect(() => parseModel(JSON.stringify(other))).toThrow('not the service model');
  });
});
