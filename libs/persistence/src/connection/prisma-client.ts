import { Injectable } from '@nestjs/common';
import type { PrismaClient } from '../generated/client.js';
import { DatabasePool } from './pool.js';

/**
 * Prisma over the process's own pool, for plain rows that people look at (docs/adr/0007). Loaded when it is first asked
 * for: a process that never asks pays neither its start nor its memory.
 */
@Injectable()
export class PrismaRows {
  private opened: Promise<PrismaClient> | null = null;

  constructor(private readonly pool: DatabasePool) {}

  /** The one client of these rows. It holds no connection of its own, so nothing has to be closed but the pool. */
  client(): Promise<PrismaClient> {
    this.opened ??= createPrisma(this.pool).catch((error: unknown) => {
      // What could not be loaded now may be later.
      this.opened = null;
      throw error;
    });
    return this.opened;
  }
}

/** A client over this pool; hot statements are raw SQL. */
export async function createPrisma(pool: DatabasePool): Promise<PrismaClient> {
  const [{ PrismaPg }, { PrismaClient: Client }] = await Promise.all([
    import('@prisma/adapter-pg'),
    import('../generated/client.js'),
  ]);
  return new Client({ adapter: new PrismaPg(pool) });
}
