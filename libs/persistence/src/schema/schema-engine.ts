import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { PrismaPg } from '@prisma/adapter-pg';
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';
import type { SchemaEngine } from '@prisma/schema-engine-wasm';

/**
 * Lends Prisma's schema engine, which runs as WebAssembly in this process, for the time of `work`. Takes the adapter
 * over the database that the engine works on; returns what `work` returns.
 */
export async function withSchemaEngine<T>(adapter: PrismaPg, work: (engine: SchemaEngine) => Promise<T>): Promise<T> {
  const { SchemaEngine: Engine } = await loadEngine();
  const bound = bindMigrationAwareSqlAdapterFactory(adapter);
  const engine = await Engine.new({ datamodels: undefined }, () => undefined, bound);
  try {
    return await work(engine);
  } finally {
    engine.free();
    for (const timer of engineTimers) clearTimeout(timer);
    engineTimers.clear();
  }
}

interface EngineModule {
  readonly SchemaEngine: typeof SchemaEngine;
  __wbg_set_wasm(exports: Record<string, unknown>): void;
}

/** The part of the standard API used here; TypeScript declares it only together with a browser. */
declare const WebAssembly: {
  instantiate(
    binary: Uint8Array,
    imports: Record<string, object>,
  ): Promise<{ readonly instance: { readonly exports: Record<string, unknown> } }>;
};

let engineModule: Promise<EngineModule> | undefined;

/** The package imports its `.wasm` as a module, which Node 20 cannot; the same three steps by hand. */
function loadEngine(): Promise<EngineModule> {
  engineModule ??= (async () => {
    const glue = (await import('@prisma/schema-engine-wasm/schema_engine_bg')) as unknown as EngineModule;
    const folder = dirname(createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm/schema_engine_bg'));
    const binary = await readFile(join(folder, 'schema_engine_bg.wasm'));
    const { instance } = await WebAssembly.instantiate(binary, { './schema_engine_bg.js': withOwnTimers(glue) });
    glue.__wbg_set_wasm(instance.exports);
    (instance.exports['__wbindgen_start'] as () => void)();
    return glue;
  })();
  return engineModule;
}

/** The engine waits for its lock with a timer that it never clears, which would hold the process for ten seconds. */
const engineTimers = new Set<NodeJS.Timeout>();

function withOwnTimers(glue: EngineModule): Record<string, unknown> {
  const start = (callback: () => void, milliseconds: number): NodeJS.Timeout => {
    const timer = setTimeout(callback, milliseconds >>> 0);
    engineTimers.add(timer);
    return timer;
  };
  return Object.fromEntries(
    Object.entries(glue).map(([name, value]) => [name, name.startsWith('__wbg_setTimeout_') ? start : value]),
  );
}
