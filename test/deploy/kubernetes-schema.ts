/** An object of Kubernetes as YAML gives it. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
}

interface Model {
  validate(): void;
}

/**
 * What Kubernetes' own API description has against a manifest. Its schemas let unknown fields pass, as the API server
 * once did, so a field that the schema never looks at is a fault too: it is misspelt or in the wrong place.
 */
export async function faultsOf(manifest: Manifest): Promise<string[]> {
  const { apiVersion, kind } = manifest;
  let models: Record<string, new (manifest: Manifest) => Model>;
  try {
    models = (await import(`kubernetes-models/${apiVersion}/${kind}`)) as typeof models;
  } catch {
    return [`there is no ${kind} of ${apiVersion}`];
  }
  const Kind = models[kind];
  if (Kind === undefined) return [`there is no ${kind} of ${apiVersion}`];
  const unread = new Set<string>();
  const model = new Kind(manifest);
  try {
    model.validate.call(watched(model, '', unread));
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
  return [...unread].map((path) => `${path}: no such field`);
}

/** `value`, taking the path of each of its members out of `unread` when that is looked at. */
function watched<T extends object>(value: T, path: string, unread: Set<string>): T {
  for (const name of Object.keys(value)) unread.add(`${path}/${name}`);
  const known = new Map<PropertyKey, unknown>();
  return new Proxy(value, {
    get(target, name) {
      const got: unknown = Reflect.get(target, name);
      if (!Object.hasOwn(target, name) || known.has(name)) return known.get(name) ?? got;
      const at = `${path}/${String(name)}`;
      unread.delete(at);
      known.set(name, typeof got === 'object' && got !== null ? watched(got, at, unread) : got);
      return known.get(name);
    },
  });
}
