import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { refuse, RefusalError } from '#domain/refusal.js';
import type { RegistrySource } from '#escalations/ports.js';
import type { CallWindows } from '#identity/ports.js';
import { MinuteBudget } from '#platform/http/minute-budget.js';
import type { PrincipalRequest } from '#platform/http/principal.js';
import { pathOf } from '#platform/http/requested-path.js';
import { BUDGETS, routeName, UNDECLARED, type Budget } from './budgets.js';

/**
 * Counts the calls of whoever is authenticated, by route, before the route does anything: what is refused counts as
 * what is done. Each route has its own count, so that nobody who has commented too much is kept from revoking.
 */
@Injectable()
export class BudgetGuard implements CanActivate {
  private readonly here = new Map<string, MinuteBudget>();

  constructor(
    private readonly windows: CallWindows,
    private readonly registry: RegistrySource,
    private readonly budgets: Readonly<Record<string, Budget>> = BUDGETS,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<PrincipalRequest>();
    const { principal } = request;
    if (principal === undefined) return true;
    const route = routeName(request.method, pathOf(request));
    const budget = this.budgets[route] ?? UNDECLARED;
    if (budget.kind !== 'counted') return true;
    const most = await this.mostOf(budget.perMinute);
    const caller = `${principal.kind}:${principal.id}`;
    const wait =
      budget.over === 'process' ? this.spendHere(route, caller, most) : await this.spendShared(route, caller, most);
    if (wait === null) return true;
    throw new RefusalError(refuse('rate_limited', `At most ${most} such calls a minute.`, { retryAfterSeconds: wait }));
  }

  private async mostOf(perMinute: number | 'as asks'): Promise<number> {
    return perMinute === 'as asks' ? (await this.registry.current()).catalog.limits.createsPerMinute : perMinute;
  }

  private spendHere(route: string, caller: string, most: number): number | null {
    const budget = this.here.get(route) ?? new MinuteBudget(most);
    this.here.set(route, budget);
    return budget.spend(caller);
  }

  private async spendShared(route: string, caller: string, most: number): Promise<number | null> {
    const { calls, resetSeconds } = await this.windows.count(caller, route);
    return calls <= most ? null : resetSeconds;
  }
}
