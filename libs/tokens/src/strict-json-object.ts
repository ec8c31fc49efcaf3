import { LIMITS } from '#domain/limits.js';

/** A JSON object as parsed from a stranger's bytes: nothing is known of its members yet. */
export type UntypedObject = Readonly<Record<string, unknown>>;

/**
 * Reads bytes that must be one JSON object in UTF-8. Two parsers that disagree about a repeated member would see two
 * different tokens under one signature, so repeats are refused here (RFC 8725 section 2.4) at every depth.
 * @returns the object, or `null` for bad UTF-8, bad JSON, a repeated member, another JSON type or too much depth
 */
export function strictJsonObject(bytes: Uint8Array): UntypedObject | null {
  let text: string;
  let value: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  return membersAreUnique(text) ? (value as UntypedObject) : null;
}

/**
 * Walks the marks of a text that JSON.parse has accepted: names stand only after `{`, or after `,` inside an object.
 * Names are compared unescaped, so a member spelled with `\u` escapes is still a repeat.
 */
function membersAreUnique(validJson: string): boolean {
  const open: (Set<string> | null)[] = [];
  let previous = '';
  for (const [mark] of validJson.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\]:,]/g)) {
    const names = open.at(-1);
    if (mark === '{') open.push(new Set());
    else if (mark === '[') open.push(null);
    else if (mark === '}' || mark === ']') open.pop();
    else if (names instanceof Set && mark.startsWith('"') && (previous === '{' || previous === ',')) {
      const name = JSON.parse(mark) as string;
      if (names.has(name)) return false;
      names.add(name);
    }
    if (open.length > LIMITS.jsonDepthMax) return false;
    previous = mark;
  }
  return true;
}
