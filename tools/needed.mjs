// Which files of which packages a broker runs on. Half of what a package holds is for those who compile against it, for
// browsers, or the same code once more for another kind of module.
import { basename, dirname, join } from 'node:path';
import { rolldown } from 'rolldown';
import { ROOT } from './setup-stamps.mjs';

const PROGRAMS = [
  'dist/apps/broker/src/main.js',
  'dist/apps/cli/src/main.js',
  'dist/libs/persistence/src/schema/migration-thread.js',
];
/** What others can do with what they import themselves: asked for, not there, and nothing is amiss. */
const NOT_INSTALLED =
  /^(@nestjs\/(swagger|microservices|websockets|platform-express)|@fastify\/(multipart|static|view))(\/|$)/;
const CODE = /\.([cm]?js|json)$/;
const DATA = /\.(wasm|sql|lua)$/;
const LEGAL = /^(licen[cs]e|notice|copying)/i;

/**
 * Follows the imports of the compiled programs as Node resolves them.
 * @returns whether a file (absolute path) is needed to run: code that is reached, data beside it, and who it belongs to
 */
export async function neededFiles() {
  const reached = await reachedFiles();
  const folders = new Set([...reached].map(dirname));
  return (path) => {
    const name = basename(path);
    if (name === 'package.json' || LEGAL.test(name)) return true;
    return CODE.test(name) ? reached.has(path) : DATA.test(name) && folders.has(dirname(path));
  };
}

/** Node 20.19, 22.10 and later know `module-sync`; what is there for a Node that does not is kept as well. */
async function reachedFiles() {
  const ways = [
    ['node', 'module-sync', 'default'],
    ['node', 'default'],
  ];
  return new Set((await Promise.all(ways.map(reachedBy))).flat());
}

async function reachedBy(conditionNames) {
  const graph = await rolldown({
    input: PROGRAMS.map((path) => join(ROOT, path)),
    platform: 'node',
    external: NOT_INSTALLED,
    resolve: { conditionNames, mainFields: ['main'] },
    treeshake: false,
    onLog(_level, { code, message }) {
      if (code === 'UNRESOLVED_IMPORT') throw new Error(message);
    },
  });
  const { output } = await graph.generate({ format: 'esm' });
  await graph.close();
  return output.flatMap(({ moduleIds = [] }) => moduleIds);
}
