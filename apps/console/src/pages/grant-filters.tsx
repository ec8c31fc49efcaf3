import type { ReactNode } from 'react';
import type { LiveChoiceAnswer, LiveFiguresAnswer, LiveTallyAnswer } from '#contracts/watch/live-grants.dto.js';
import { visibleLine } from '#domain/inert-text.js';
import { Link } from '../router.js';
import { ChoiceField, SearchField } from '../ui/filter-bar.js';
import type { UrlFilters } from '../ui/url-filters.js';
import { figure } from '../words/words.js';

interface FiltersProps {
  readonly filters: UrlFilters;
  /** `null` until the first counts are here. */
  readonly figures: LiveFiguresAnswer | null;
  readonly state: 'active' | 'ready';
}

const RISKS = ['high', 'medium', 'low'] as const;

/** What is searched for, in the address. */
export function GrantFilters({ filters, figures, state }: FiltersProps): ReactNode {
  const tally = figures?.[state];
  const risks = RISKS.map((risk) => {
    const words = `${risk[0]?.toUpperCase()}${risk.slice(1)}`;
    return [risk, tally === undefined ? words : `${words} (${riskFigure(tally, risk)})`] as const;
  });
  return (
    <div className="filter-bar" role="search" aria-label="Live grants">
      <SearchField
        name="Search agents and resources"
        value={filters.of('text')}
        change={(text) => filters.set({ text: text.trim() })}
      />
      <ChoiceField
        name="Risk"
        value={filters.of('risk')}
        choices={[['', 'Any'], ...risks]}
        change={(risk) => filters.set({ risk })}
      />
      <ChoiceField
        name="Agent"
        value={filters.of('agent')}
        choices={[['', 'Any'], ...choicesOf(figures?.agents)]}
        change={(agent) => filters.set({ agent })}
      />
      <ChoiceField
        name="Resource"
        value={filters.of('resource')}
        choices={[['', 'Any'], ...choicesOf(figures?.resources)]}
        change={(resource) => filters.set({ resource })}
      />
    </div>
  );
}

function choicesOf(choices: readonly LiveChoiceAnswer[] = []): readonly (readonly [string, string])[] {
  return choices.map(({ id, name }) => [id, visibleLine(name)] as const);
}

/** What is in use and what nobody has collected yet, apart, each with its count. */
export function GrantTabs({ filters, figures, state }: FiltersProps): ReactNode {
  const chosen = filters.of('risk');
  const tabs = [
    ['active', 'In use', ''],
    ['ready', 'Approved, not yet collected', 'ready'],
  ] as const;
  return (
    <nav className="tabs" aria-label="In use or not yet collected">
      {tabs.map(([of, words, value]) => {
        const tally = figures?.[of];
        return (
          <Link key={of} to={filters.to({ status: value })} current={of === state}>
            {words}{' '}
            {tally === undefined ? null : (
              <span className="count">{isRisk(chosen) ? riskFigure(tally, chosen) : totalFigure(tally)}</span>
            )}
          </Link>
        );
      })}
    </nav>
  );
}

const isRisk = (value: string): value is (typeof RISKS)[number] => RISKS.some((risk) => risk === value);

const totalFigure = ({ total, more }: LiveTallyAnswer): string => `${figure(total)}${more ? '+' : ''}`;

/** Counted are those of the highest risk first: where there are more, they are of the lowest that was reached, or lower. */
function riskFigure({ by_risk, more }: LiveTallyAnswer, risk: (typeof RISKS)[number]): string {
  const lower = RISKS.slice(RISKS.indexOf(risk) + 1).some((other) => by_risk[other] > 0);
  return `${figure(by_risk[risk])}${more && !lower ? '+' : ''}`;
}
