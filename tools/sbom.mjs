// `npm run sbom [-- FILE]`: writes what the product is made of as a CycloneDX document (dist/sbom.cdx.json): every package
// that is installed, with version, licence and hash. npm makes it, from the installed tree alone. What only builds and tests
// bears `cdx:npm:package:development`; React is among those, and its code is in the console.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { ROOT } from './setup-stamps.mjs';

const NPM_SBOM = ['sbom', '--sbom-format', 'cyclonedx', '--sbom-type', 'application', '--offline'];

const { name, version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
const text = execFileSync('npm', NPM_SBOM, { cwd: ROOT, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
const document = JSON.parse(text);
// npm names it after the folder that it lies in.
Object.assign(document.metadata.component, { name, version });
const file = resolve(process.argv[2] ?? join(ROOT, 'dist', 'sbom.cdx.json'));
mkdirSync(dirname(file), { recursive: true });
writeFileSync(file, `${JSON.stringify(document, null, 2)}\n`);
process.stdout.write(`${document.components.length} components in ${file}\n`);
