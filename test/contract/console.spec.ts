import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setStage, type Stage } from '../harness/world/stage.js';

describe('role console', () => {
  let stage: Stage;

  beforeAll(async () => {
    stage = await setStage();
  });
  afterAll(() => stage.close());

  it('answers its addresses with one page that may load nothing but itself', async () => {
    for (const path of [
      '/',
      '/login',
      '/escalations/esc_x',
      '/history',
      '/agents',
      '/grants',
      '/policies',
      '/account',
    ]) {
      const page = await fetch(stage.broker.base + path);
      const policy = page.headers.get('content-security-policy') ?? '';
      expect([path, page.status, page.headers.get('content-type')]).toEqual([path, 200, 'text/html; charset=utf-8']);
      expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(page.headers.get('cache-control')).toBe('no-cache');
      const again = await fetch(stage.broker.base + path, {
        headers: { 'if-none-match': page.headers.get('etag') ?? '' },
      });
      expect([again.status, await again.text()]).toEqual([304, '']);
    }
  });

  it('serves what is hashed for good, and nothing else of the disk', async () => {
    const html = await (await fetch(`${stage.broker.base}/`)).text();
    const assets = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path);
    expect(assets.length).toBeGreaterThan(2);
    for (const path of assets) {
      const asset = await fetch(stage.broker.base + path);
      expect([path, asset.status]).toEqual([expect.stringMatching(/^\/assets\//), 200]);
      expect(asset.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
      await asset.body?.cancel();
    }
    for (const path of ['/assets/none.js', '/assets/..%2findex.html', '/assets/', '/src/main.tsx', '/nowhere'])
      expect([path, (await fetch(stage.broker.base + path)).status]).toEqual([path, 404]);
  });
});

const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';

/** Status, type and text of an address that no process has. */
async function lost(base: string, path: string, accept: string, method = 'GET'): Promise<[number, string, string]> {
  const answer = await fetch(base + path, { method, headers: { accept } });
  return [answer.status, (answer.headers.get('content-type') ?? '').split(';')[0] ?? '', await answer.text()];
}

describe('an address that there is not', () => {
  let stages: Readonly<Record<string, Stage>>;
  beforeAll(async () => {
    stages = { console: await setStage(), plain: await setStage(() => undefined, { roles: 'api' }) };
  });
  afterAll(async () => {
    for (const one of Object.values(stages)) await one.close();
  });

  it.each(['console', 'plain'])('is a page with status 404 to a browser: %s', async (which) => {
    const { base } = (stages[which] as Stage).broker;
    for (const path of ['/nowhere', '/grants/7/nothing', '/v1/nowhere?a=b'])
      expect([path, ...(await lost(base, path, BROWSER))]).toEqual([
        path,
        404,
        'text/html',
        expect.stringContaining(which === 'plain' ? 'There is no page here' : '<div id="root">'),
      ]);
    const page = await fetch(`${base}/nowhere`, { headers: { accept: BROWSER } });
    expect(page.headers.get('cache-control')).toBe('no-store');
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(page.headers.get('x-content-type-options')).toBe('nosniff');
  });

  it.each(['console', 'plain'])('stays a problem to everything else: %s', async (which) => {
    const { base } = (stages[which] as Stage).broker;
    for (const accept of ['*/*', 'application/json', 'application/problem+json', 'text/html;q=0', 'text/htmlx'])
      expect([accept, ...(await lost(base, '/nowhere', accept)).slice(0, 2)]).toEqual([
        accept,
        404,
        'application/problem+json',
      ]);
    expect((await lost(base, '/nowhere', BROWSER, 'POST')).slice(0, 2)).toEqual([404, 'application/problem+json']);
    expect((await lost(base, '/oauth/nowhere', BROWSER)).slice(0, 2)).toEqual([404, 'application/json']);
    // A route that there is answers as ever, whoever asks.
    expect((await lost(base, '/v1/grants', BROWSER)).slice(0, 2)).toEqual([401, 'application/problem+json']);
  });
});

describe('without role console', () => {
  let stage: Stage;

  beforeAll(async () => {
    stage = await setStage(() => undefined, { roles: 'api' });
  });
  afterAll(() => stage.close());

  it('answers the plain page at the root, and no other address of the console', async () => {
    const page = await fetch(`${stage.broker.base}/`);
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('<h1>Writ</h1>')]);
    for (const path of ['/login', '/agents', '/escalations/esc_x', '/assets/none.js'])
      expect([path, (await fetch(stage.broker.base + path)).status]).toEqual([path, 404]);
  });
});
