import type { ApiDocument, ApiOperation } from './document.js';
import { escapeHtml, inline, prose } from './html.js';
import { operationSection } from './operation.js';
import { schemaTable } from './schema-table.js';
import { STYLE } from './style.js';

interface Entry {
  readonly path: string;
  readonly method: string;
  readonly operation: ApiOperation;
}

/** The whole description as one page of HTML, without a script and without anything from elsewhere. */
export function docsPage(document: ApiDocument): string {
  const { title, version, description = '' } = document.info;
  const groups = groupsOf(document);
  const sections = groups.map(
    ({ name, about, entries }) =>
      `<h2 id="tag-${escapeHtml(name)}">${escapeHtml(name)}</h2><p>${inline(about)}</p>\n${entries
        .map(({ path, method, operation }) => operationSection(document, path, method, operation))
        .join('\n')}`,
  );
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)} API ${escapeHtml(version)}</title>
<style>${STYLE}</style>
<div class="page">
${contents(groups)}
<main>
<h1>${escapeHtml(title)} API <small>${escapeHtml(version)} · <a href="/openapi.json">openapi.json</a></small></h1>
${prose(description)}
${proofList(document)}
${sections.join('\n')}
${schemas(document)}
</main>
</div>
</html>
`;
}

/** The operations of each tag in the order of `tags`; within one by path, then in the order a life goes. */
function groupsOf(document: ApiDocument): { name: string; about: string; entries: Entry[] }[] {
  const all = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]): Entry => ({ path, method, operation })),
  );
  return (document.tags ?? []).map(({ name, description = '' }) => ({
    name,
    about: description,
    entries: all.filter(({ operation }) => operation.tags?.[0] === name),
  }));
}

function contents(groups: readonly { name: string; entries: readonly Entry[] }[]): string {
  const lists = groups.map(({ name, entries }) => {
    const items = entries.map(
      ({ path, method, operation }) =>
        `<li><a href="#${escapeHtml(operation.operationId)}"><span class="method ${escapeHtml(method)}">${escapeHtml(method.toUpperCase())}</span> ${escapeHtml(path)}</a></li>`,
    );
    return `<h2>${escapeHtml(name)}</h2><ul>${items.join('')}</ul>`;
  });
  return `<nav aria-label="Operations"><a href="/">Writ</a>${lists.join('')}<h2>More</h2><ul><li><a href="#schemas">Schemas</a></li></ul></nav>`;
}

function proofList({ components }: ApiDocument): string {
  const rows = Object.entries(components?.securitySchemes ?? {}).map(
    ([name, { description = '' }]) =>
      `<tr><th scope="row">${escapeHtml(name)}</th><td>${inline(description)}</td></tr>`,
  );
  return rows.length === 0 ? '' : `<h4>Proofs</h4><table class="proofs"><tbody>${rows.join('')}</tbody></table>`;
}

function schemas(document: ApiDocument): string {
  const all = Object.entries(document.components?.schemas ?? {}).map(
    ([name, schema]) =>
      `<section class="operation" id="schema-${escapeHtml(name)}"><h3>${escapeHtml(name)}</h3><p>${inline(schema.description ?? '')}</p>${schemaTable(document, schema)}</section>`,
  );
  return `<h2 id="schemas">Schemas</h2>${all.join('\n')}`;
}
