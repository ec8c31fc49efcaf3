import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { Metrics } from '#platform/observe/metrics.js';

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly runbook: string };
}
interface Dashboard {
  readonly panels: {
    readonly id: number;
    readonly gridPos: Record<'x' | 'y' | 'w' | 'h', number>;
    readonly targets: { readonly expr: string; readonly refId: string }[];
  }[];
}

const page = readFileSync('docs/observability.md', 'utf8');
const rules = (
  parse(readFileSync('deploy/prometheus/alerts.yaml', 'utf8')) as { groups: { rules: Rule[] }[] }
).groups.flatMap((group) => group.rules);
const dashboard = JSON.parse(readFileSync('deploy/grafana/writ.json', 'utf8')) as Dashboard;
const expressions = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));

let metrics: Metrics;
let registered: Map<string, { type: string; labels: readonly string[] }>;
beforeAll(() => {
  metrics = new Metrics();
  registered = new Map(
    metrics.registry.getMetricsAsArray().map((metric) => {
      const { type, labelNames = [] } = metric as unknown as { type: string; labelNames?: string[] };
      return [metric.name, { type, labels: [...labelNames].filter((label) => label !== 'le').sort() }];
    }),
  );
});
afterAll(() => metrics.close());

/** The metrics that an expression reads, a histogram by its own name. */
function readBy(expression: string): string[] {
  return (expression.match(/\bwrit_[a-z_]+/g) ?? []).map((name) => name.replace(/_(bucket|count|sum)$/, ''));
}

/** The labels that an expression selects or groups by; `le`, `instance` and `job` are Prometheus' own. */
function labelsIn(expression: string): string[] {
  const grouped = [...expression.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(/,\s*/));
  const selected = [...expression.matchAll(/[{,]\s*([a-z_]+)\s*=~?/g)].map(([, name = '']) => name);
  return [...grouped, ...selected].filter((label) => !['le', 'instance', 'job'].includes(label));
}

describe('the page about metrics', () => {
  const rows = page
    .split('\n')
    .filter((line) => line.startsWith('| `writ_'))
    .map((line) => line.split('|').map((cell) => cell.trim()));

  it('has every metric with its kind and labels, and no other', () => {
    const described = rows.map(([, name = '', type = '', labels = '']) => [
      name.replaceAll('`', ''),
      { type, labels: labels === '' ? [] : labels.split(', ').sort() },
    ]);
    expect(Object.fromEntries(described)).toEqual(Object.fromEntries(registered));
    expect(described).toHaveLength(registered.size);
  });

  it('says whose each figure is', () => {
    for (const row of rows) expect(row[4]).toMatch(/^(process|database)$/);
  });
});

describe.each([
  ['the dashboard', expressions],
  ['the alert rules', rules.map(({ expr }) => expr)],
])('%s', (_name, all) => {
  it('reads only metrics and labels that there are', () => {
    for (const expression of all) {
      const read = readBy(expression);
      expect(read.filter((name) => !registered.has(name))).toEqual([]);
      const known = read.flatMap((name) => registered.get(name)?.labels ?? []);
      expect(labelsIn(expression).filter((label) => !known.includes(label))).toEqual([]);
    }
  });

  it('adds up only what processes count', () => {
    const ofDatabase = [...page.matchAll(/^\| `(writ_\w+)`[^\n]*\| database \|/gm)].map(([, name]) => name);
    const added = all.filter(
      (expression) => expression.startsWith('sum') && readBy(expression).some((name) => ofDatabase.includes(name)),
    );
    expect(added).toEqual([]);
  });
});

describe('the dashboard', () => {
  it('shows every metric', () => {
    const shown = new Set(expressions.flatMap(readBy));
    expect([...registered.keys()].filter((name) => !shown.has(name))).toEqual([]);
  });

  it('lays its panels out without overlap', () => {
    const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w } }) =>
      Array.from({ length: w }, (_, column) => `${x + column}/${y}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
  });
});

describe('each alert rule', () => {
  it('has a name of its own, a severity and a runbook that exists', () => {
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
    for (const { alert, labels, annotations } of rules) {
      expect([alert, labels.severity]).toEqual([alert, expect.stringMatching(/^(page|ticket)$/)]);
      expect(annotations.summary).toMatch(/\S/);
      const [file = '', anchor = ''] = annotations.runbook.split('#');
      const anchors = readFileSync(file, 'utf8')
        .split('\n')
        .filter((line) => /^#+ /.test(line))
        .map((line) =>
          line
            .replace(/^#+ /, '')
            .toLowerCase()
            .replace(/[^\w\s-]/g, '')
            .replaceAll(' ', '-'),
        );
      expect(anchors).toContain(anchor);
    }
  });
});
