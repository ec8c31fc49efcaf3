// `node tools/openapi.mjs [--check]`: writes openapi.json from the controllers, or fails when it differs from them.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureSetUp } from './setup.mjs';
import { ROOT } from './setup-stamps.mjs';

const FILE = join(ROOT, 'openapi.json');
const SOURCE = 'apps/broker/src/openapi/openapi.ts';
const PLUGIN = { introspectComments: true, classValidatorShim: true };

await ensureSetUp({ build: false });
const written = `${JSON.stringify(await describe(), null, 2)}\n`;
if (!process.argv.includes('--check')) {
  writeFileSync(FILE, written);
  process.stdout.write('openapi.json is written.\n');
} else {
  const difference = firstDifference(readFileSync(FILE, 'utf8'), written);
  if (difference !== null) {
    process.stderr.write(
      `openapi.json is not what the controllers say. Run \`npm run openapi\` and commit it.\n${difference}\n`,
    );
    process.exit(1);
  }
  process.stdout.write('openapi.json is what the controllers say.\n');
}
process.exit(0);

/**
 * Compiles once more with Nest's plugin, which turns JSDoc and validation rules into OpenAPI; the ordinary build has no
 * need of it. A folder with a package.json of its own, so that `#domain/…` leads to the code compiled here.
 */
async function describe() {
  mkdirSync(join(ROOT, 'dist'), { recursive: true });
  const folder = mkdtempSync(join(ROOT, 'dist/openapi-'));
  try {
    await compileWithPlugin(folder);
    const { imports, version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    const own = Object.entries(imports).map(([name, { default: path }]) => [name, path.replace('./dist/', './')]);
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module', imports: Object.fromEntries(own) }));
    const { describeApi } = await import(pathToFileURL(join(folder, SOURCE.replace(/\.ts$/, '.js'))).href);
    return await describeApi(version);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function compileWithPlugin(outDir) {
  const { default: ts } = await import('typescript');
  const { before } = await import('@nestjs/swagger/plugin');
  const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, { ...ts.sys, readDirectory: () => [] }, ROOT);
  // The plugin needs the types of other files, which isolated modules would hide.
  Object.assign(options, {
    outDir,
    isolatedModules: false,
    incremental: false,
    tsBuildInfoFile: undefined,
    sourceMap: false,
  });
  const program = ts.createProgram({ rootNames: [join(ROOT, SOURCE)], options });
  program.emit(undefined, undefined, undefined, false, { before: [before(PLUGIN, program)] });
}

function firstDifference(committed, made) {
  const [old, now] = [committed.split('\n'), made.split('\n')];
  const at = now.findIndex((line, index) => line !== old[index]);
  if (at < 0 && old.length === now.length) return null;
  const line = at < 0 ? now.length : at;
  return [
    `First difference, line ${line + 1}:`,
    `  committed: ${old[line] ?? '(end)'}`,
    `  code says: ${now[line] ?? '(end)'}`,
  ].join('\n');
}
