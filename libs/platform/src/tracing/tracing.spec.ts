import { afterEach, describe, expect, it } from '@jest/globals';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { otlpRequest, OtlpExporter } from './otlp-exporter.js';
import { readStoredTrace, readTraceparent, writeTraceparent } from './trace-context.js';
import { SpanSink, Tracer, type EndedSpan } from './tracer.js';

const TRACE = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' };
const SPAN: EndedSpan = {
  context: TRACE,
  parentSpanId: null,
  link: null,
  name: 'x',
  kind: 'server',
  startMs: 1_700_000_000_000.5,
  endMs: 1_700_000_000_001,
  failed: true,
  attributes: { word: 'w', whole: 2, part: 0.5, yes: true },
};

describe('a traceparent', () => {
  it('is read and written', () => {
    expect(readTraceparent(writeTraceparent(TRACE))).toEqual({ ...TRACE, sampled: true });
    expect(readTraceparent(`00-${TRACE.traceId}-${TRACE.spanId}-00`)).toMatchObject({ sampled: false });
    expect(readTraceparent(`cc-${TRACE.traceId}-${TRACE.spanId}-01-later`)).toMatchObject(TRACE);
    expect(readStoredTrace(`${TRACE.traceId}-${TRACE.spanId}`)).toEqual(TRACE);
  });

  it.each([
    undefined,
    '',
    `ff-${TRACE.traceId}-${TRACE.spanId}-01`,
    `00-${TRACE.traceId}-${TRACE.spanId}-01-more`,
    `00-${TRACE.traceId.toUpperCase()}-${TRACE.spanId}-01`,
    `00-${'0'.repeat(32)}-${TRACE.spanId}-01`,
    `00-${TRACE.traceId}-${'0'.repeat(16)}-01`,
    ['00', '01'],
  ])('is not %j', (header) => expect(readTraceparent(header)).toBeNull());
});

describe('a tracer', () => {
  class Kept extends SpanSink {
    readonly spans: EndedSpan[] = [];
    override offer(span: EndedSpan): void {
      this.spans.push(span);
    }
    override close(): Promise<void> {
      return Promise.resolve();
    }
  }

  it('tells work below the span that it is done in, and failure as failure', async () => {
    const kept = new Kept();
    const tracer = new Tracer(kept);
    const root = tracer.start({ name: 'root', kind: 'server', parent: null });
    if (root === null) throw new Error('a tracer with a sink records');
    await tracer.within(root.context, () => tracer.span('good', 'internal', async () => 1));
    const failing = tracer.within(root.context, () =>
      tracer.span('bad', 'internal', async () => Promise.reject(new Error('no'))),
    );
    await expect(failing).rejects.toThrow('no');
    root.end();
    root.end();
    expect(kept.spans.map(({ name, failed }) => [name, failed])).toEqual([
      ['good', false],
      ['bad', true],
      ['root', false],
    ]);
    expect(kept.spans.slice(0, 2).map(({ parentSpanId }) => parentSpanId)).toEqual([
      root.context.spanId,
      root.context.spanId,
    ]);
  });

  it('does nothing without a sink, and traces nothing that nobody began', async () => {
    const off = new Tracer(null);
    expect([off.on, off.start({ name: 'x', kind: 'server', parent: TRACE }), off.current()]).toEqual([
      false,
      null,
      null,
    ]);
    const kept = new Kept();
    expect(await new Tracer(kept).span('x', 'internal', async () => 7)).toBe(7);
    expect(kept.spans).toEqual([]);
  });
});

describe('what is exported', () => {
  it('has OTLP’s spelling of ids, instants and values', () => {
    expect(otlpRequest([SPAN], { 'service.name': 'writ' })).toEqual({
      resourceSpans: [
        {
          resource: { attributes: [{ key: 'service.name', value: { stringValue: 'writ' } }] },
          scopeSpans: [
            {
              scope: { name: 'writ' },
              spans: [
                {
                  ...TRACE,
                  name: 'x',
                  kind: 2,
                  startTimeUnixNano: '1700000000000500000',
                  endTimeUnixNano: '1700000000001000000',
                  attributes: [
                    { key: 'word', value: { stringValue: 'w' } },
                    { key: 'whole', value: { intValue: '2' } },
                    { key: 'part', value: { doubleValue: 0.5 } },
                    { key: 'yes', value: { boolValue: true } },
                  ],
                  status: { code: 2 },
                },
              ],
            },
          ],
        },
      ],
    });
  });
});

describe('a collector that does not answer', () => {
  let server: Server | undefined;
  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
  });

  it('costs spans, counted, and holds nobody up', async () => {
    let asked = 0;
    server = createServer(() => void (asked += 1)).listen(0, '127.0.0.1');
    await new Promise((resolve) => server?.once('listening', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const exporter = new OtlpExporter(url, {}, { batch: 2, queueMax: 3, everyMs: 60_000, timeoutMs: 100 });
    for (let n = 0; n < 10; n += 1) exporter.offer(SPAN);
    expect(exporter.dropped).toBe(5);
    await exporter.close();
    expect(exporter.dropped).toBeGreaterThan(5);
    expect(asked).toBeGreaterThan(0);
  });
});
