/** A text object of a view, with where it stands. */
export interface Leaf {
  readonly type: string;
  readonly text: string;
  readonly emoji?: boolean;
  readonly path: string;
}

/** Every text object of a view. */
export function leaves(value: unknown, path = ''): Leaf[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => leaves(item, `${path}/${index}`));
  if (typeof value !== 'object' || value === null) return [];
  const node = value as Record<string, unknown>;
  if (typeof node['text'] === 'string' && typeof node['type'] === 'string')
    return [{ ...(node as unknown as Leaf), path }];
  return Object.entries(node).flatMap(([key, member]) => leaves(member, `${path}/${key}`));
}

/** The words of every text object, in order. */
export function texts(value: unknown): string[] {
  return leaves(value).map((leaf) => leaf.text);
}
