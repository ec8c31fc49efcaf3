import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { FigureSource, type Figures } from '#escalations/watch/observation.js';
import { Metrics } from './metrics.js';
import { MetricsPage } from './metrics-page.js';

const FIGURES: Figures = {
  outbox: { waiting: 3, oldestSeconds: 1.5 },
  sweep: { escalationSeconds: 0, grantSeconds: 2 },
  deadLetters: { 'card.publish': 1 },
  pending: { under_1m: 4 },
  openGrants: { ready: 1, active: 2 },
  breakGlassUnreviewed: 0,
};

class Source extends FigureSource {
  asked = 0;
  answer: () => Promise<Figures> = () => Promise.resolve(FIGURES);
  override read(): Promise<Figures> {
    this.asked += 1;
    return this.answer();
  }
}

let metrics: Metrics;
let source: Source;
let now: number;
let page: MetricsPage;
beforeEach(() => {
  metrics = new Metrics();
  source = new Source();
  now = 0;
  const own = { connections: { total: 2, idle: 1, waiting: 0 }, writable: true, relayFailing: false, spansDropped: 0 };
  page = new MetricsPage(
    metrics,
    source,
    () => Promise.resolve(own),
    () => now,
  );
});
afterEach(() => metrics.close());

describe('the page of metrics', () => {
  it('asks the database once for many that ask together, and again after five seconds', async () => {
    await Promise.all([page.render(), page.render(), page.render()]);
    now = 4_999;
    await page.render();
    expect(source.asked).toBe(1);
    now = 5_001;
    await page.render();
    expect(source.asked).toBe(2);
  });

  it('shows no old figure for a new one when the database is away', async () => {
    expect((await page.render()).text).toContain('writ_dead_letters{topic="card.publish"} 1');
    source.answer = () => Promise.reject(new Error('away'));
    now = 6_000;
    const { text } = await page.render();
    expect(text).toContain('writ_database_figures_up 0');
    expect(text).toContain('writ_outbox_lag_seconds Nan');
    expect(text).not.toMatch(/writ_dead_letters\{|writ_escalations_pending\{|writ_sweep_lag_seconds\{/);
    expect(text).toContain('writ_database_connections{state="idle"} 1');
    expect(text).toContain('writ_database_writable 1');
    expect(text).toContain('writ_relay_failing 0');
  });
});
