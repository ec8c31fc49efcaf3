import type { ApiContent, ApiDocument, ApiOperation, ApiResponse } from './document.js';
import { escapeHtml, inline, jsonBlock } from './html.js';
import { schemaTable, typeOf } from './schema-table.js';

const PROOFS: Readonly<Record<string, string>> = {
  assertion: 'signed assertion',
  basic: 'HTTP Basic',
  session: 'session cookie',
};

/** One operation as a section: who may call it, what it takes, and everything that it answers. */
export function operationSection(document: ApiDocument, path: string, method: string, operation: ApiOperation): string {
  const id = escapeHtml(operation.operationId);
  return `<section class="operation" id="${id}">
<h3><a href="#${id}"><span class="method ${escapeHtml(method)}">${escapeHtml(method.toUpperCase())}</span> <code>${escapeHtml(path)}</code></a></h3>
<p>${inline(operation.summary ?? '')}</p>
<p class="proof">Proof: ${proofs(operation)}</p>
${parameters(operation)}${requestBody(document, operation)}${responses(operation)}
</section>`;
}

function proofs({ security = [] }: ApiOperation): string {
  if (security.length === 0) return 'none, public';
  const named = security.map((scheme) => Object.keys(scheme)[0]);
  return named
    .map((name) => escapeHtml(name === undefined ? 'members of the form' : (PROOFS[name] ?? name)))
    .join(', or ');
}

function parameters({ parameters: given = [] }: ApiOperation): string {
  if (given.length === 0) return '';
  const rows = given.map(
    (parameter) =>
      `<tr><th scope="row"><code>${escapeHtml(parameter.name)}</code>${parameter.required === true ? ' <b title="required">*</b>' : ''}</th><td>${escapeHtml(parameter.in)}</td><td>${inline(parameter.description ?? '')}</td></tr>`,
  );
  return `<h4>Parameters</h4><table><thead><tr><th>name</th><th>in</th><th>meaning</th></tr></thead><tbody>${rows.join('')}</tbody></table>`;
}

function requestBody(document: ApiDocument, { requestBody: body }: ApiOperation): string {
  if (body === undefined) return '';
  return Object.entries(body.content)
    .map(
      ([type, media]) =>
        `<h4>Body <small>${escapeHtml(type)}</small></h4>${schemaTable(document, media.schema)}${examples(body.content, 'Example of the body')}`,
    )
    .join('');
}

function responses({ responses: all }: ApiOperation): string {
  const rows = Object.entries(all).map(
    ([status, response]) =>
      `<tr class="s${escapeHtml(status.charAt(0))}"><th scope="row">${escapeHtml(status)}</th><td>${answer(response)}</td></tr>`,
  );
  return `<h4>Answers</h4><table class="answers"><tbody>${rows.join('')}</tbody></table>`;
}

function answer({ description, headers = {}, content = {} }: ApiResponse): string {
  const types = Object.values(content).flatMap(({ schema }) =>
    schema?.$ref === undefined && schema?.oneOf === undefined ? [] : [typeOf(schema)],
  );
  const lines = Object.entries(headers).map(
    ([name, header]) => `<br><code>${escapeHtml(name)}</code>: ${inline(header.description ?? '')}`,
  );
  const type = types.some((name) => !name.includes('Problem')) ? ` ${types.join(' ')}` : '';
  return `${inline(description ?? '')}${type}${lines.join('')}${examples(content, 'Example')}`;
}

function examples(content: ApiContent, label: string): string {
  return Object.values(content)
    .map(({ example, examples: several }) => {
      if (example !== undefined) return jsonBlock(label, example);
      return Object.entries(several ?? {})
        .map(([name, { value }]) => jsonBlock(`${label}: \`${name}\``, value))
        .join('');
    })
    .join('');
}
