import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import createClient from 'openapi-fetch';
import openapiTS, { astToString } from 'openapi-typescript';
import ts from 'typescript';
import { ROOT } from '#platform/root.js';
import { setStage, type Stage } from '../harness/world/stage.js';

/** A client that was generated from the description: types by openapi-typescript, calls by openapi-fetch. */
const DRIVER = readFileSync(join(ROOT, 'test/conformance/openapi-driver.txt'), 'utf8');

interface Driver {
  driveLoop(
    api: unknown,
    proofs: { assertion(id: string): Promise<string>; cookie: string },
  ): Promise<{ status: string; events: string[] }>;
}

let stage: Stage;
let folder: string;

beforeAll(async () => {
  stage = await setStage();
  // Below node_modules, so that the generated program finds openapi-fetch, and neither git nor the linter finds it.
  mkdirSync(join(ROOT, 'node_modules/.cache'), { recursive: true });
  folder = mkdtempSync(join(ROOT, 'node_modules/.cache/writ-openapi-'));
  const description = JSON.parse(readFileSync(join(ROOT, 'openapi.json'), 'utf8')) as Parameters<typeof openapiTS>[0];
  writeFileSync(join(folder, 'types.mts'), astToString(await openapiTS(description)));
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await stage.close();
});

/** Type-checks and emits the driver beside the generated types. @returns what the compiler has against it */
function compile(name: string, source: string): string[] {
  const file = join(folder, `${name}.mts`);
  writeFileSync(file, source);
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    strict: true,
    skipLibCheck: true,
    types: ['node'],
    typeRoots: [join(ROOT, 'node_modules/@types')],
    outDir: folder,
    rootDir: folder,
  };
  const program = ts.createProgram({ rootNames: [file], options });
  const faults = ts.getPreEmitDiagnostics(program);
  program.emit();
  return faults.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}

describe('a client generated from openapi.json', () => {
  it('compiles against the described types and drives the loop to its end', async () => {
    expect(compile('driver', DRIVER)).toEqual([]);
    const driver = (await import(pathToFileURL(join(folder, 'driver.mjs')).href)) as Driver;
    const { cookie } = await stage.person('bob');
    const { status, events } = await driver.driveLoop(createClient({ baseUrl: stage.broker.issuer }), {
      assertion: (id) => stage.caller(id).assertion(),
      cookie,
    });
    expect(status).toBe('completed');
    expect(events.filter((type) => !type.startsWith('card.'))).toEqual([
      'escalation.requested',
      'vote.recorded',
      'escalation.approved',
      'grant.ready',
      'grant.activated',
      'token.minted',
      'token.used',
      'grant.completed',
    ]);
  }, 60_000);

  it('is told by the compiler of a verdict that does not exist', () => {
    const [fault] = compile('wrong', DRIVER.replace(`verdict: 'approve'`, `verdict: 'maybe'`));
    expect(fault).toContain('"maybe"');
  }, 60_000);
});
