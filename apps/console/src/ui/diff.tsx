import type { ReactNode } from 'react';
import { visibleText } from '#domain/inert-text.js';

/**
 * A unified diff as text: what came and what went is marked by its sign and as an insertion or a deletion, and only then
 * by its colour.
 */
export function Diff({ text }: { readonly text: string }): ReactNode {
  // The first two lines name the file, which stands above.
  const lines = text.trimEnd().split('\n').slice(2);
  return (
    <pre className="block diff">
      {lines.map((line, index) => (
        <Line key={index} line={visibleText(line.replaceAll('\t', '  '))} />
      ))}
    </pre>
  );
}

function Line({ line }: { readonly line: string }): ReactNode {
  if (line.startsWith('+')) return <ins>{line}</ins>;
  if (line.startsWith('-')) return <del>{line}</del>;
  return <span className={line.startsWith('@@') ? 'quiet' : undefined}>{line}</span>;
}
