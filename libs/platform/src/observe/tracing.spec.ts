import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { OpenTelemetryRecorder } from './open-telemetry.js';
import { readStoredTrace, readTraceparent, writeTraceparent } from './trace-context.js';
import { SpanRecorder, Tracer, type Span, type SpanStart } from './tracer.js';

const TRACE = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' };

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
  class Kept extends SpanRecorder {
    readonly ended: { name: string; failed: boolean; parent: string | undefined }[] = [];
    override readonly dropped = 0;
    override start({ name, parent }: SpanStart): Span {
      return {
        context: { ...TRACE, spanId: name },
        end: (_attributes, failed = false) => void this.ended.push({ name, failed, parent: parent?.spanId }),
      };
    }
    override close(): Promise<void> {
      return Promise.resolve();
    }
  }

  it('tells work below the span that it is done in, and failure as failure', async () => {
    const kept = new Kept();
    const tracer = new Tracer(kept);
    const root = tracer.start({ name: 'root', kind: 'server', parent: null });
    if (root === null) throw new Error('a tracer with a recorder records');
    await tracer.within(root.context, () => tracer.span('good', 'internal', async () => 1));
    const failing = tracer.within(root.context, () =>
      tracer.span('bad', 'internal', async () => Promise.reject(new Error('no'))),
    );
    await expect(failing).rejects.toThrow('no');
    expect(kept.ended).toEqual([
      { name: 'good', failed: false, parent: 'root' },
      { name: 'bad', failed: true, parent: 'root' },
    ]);
  });

  it('does nothing without a recorder, and traces nothing that nobody began', async () => {
    const off = new Tracer(null);
    expect([off.on, off.start({ name: 'x', kind: 'server', parent: TRACE }), off.current(), off.dropped]).toEqual([
      false,
      null,
      null,
      0,
    ]);
    const kept = new Kept();
    expect(await new Tracer(kept).span('x', 'internal', async () => 7)).toBe(7);
    expect(kept.ended).toEqual([]);
  });
});

describe('a collector', () => {
  let server: Server;
  let answers: boolean;
  let bodies: string[];
  beforeEach(async () => {
    answers = true;
    bodies = [];
    server = createServer((request, response) => {
      request.setEncoding('utf8').once('data', (body: string) => bodies.push(`${request.url} ${body}`));
      if (answers) response.end('{}');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;

  it('is sent what is left at the end: each span once, in its place, and nothing about this machine', async () => {
    const recorder = new OpenTelemetryRecorder(url(), { 'service.name': 'writ' });
    const link = { traceId: '1'.repeat(32), spanId: '2'.repeat(16) };
    const span = recorder.start({ name: 'x', kind: 'server', parent: TRACE, link, startMs: 1_700_000_000_000.5 });
    span?.end({ word: 'w', whole: 2, part: 0.5, yes: true }, true, 'renamed');
    span?.end({ word: 'later' });
    recorder.start({ name: 'root', kind: 'consumer', parent: null })?.end();
    await recorder.close();
    expect([bodies.length, bodies[0]?.split(' ')[0], recorder.dropped]).toEqual([1, '/v1/traces', 0]);
    const { resource, scopeSpans } = JSON.parse(bodies[0]?.slice('/v1/traces '.length) ?? '').resourceSpans[0];
    expect(scopeSpans[0].spans).toMatchObject([
      {
        traceId: TRACE.traceId,
        spanId: span?.context.spanId,
        parentSpanId: TRACE.spanId,
        name: 'renamed',
        kind: 2,
        links: [link],
        startTimeUnixNano: '1700000000000500000',
        attributes: [
          { key: 'word', value: { stringValue: 'w' } },
          { key: 'whole', value: { intValue: 2 } },
          { key: 'part', value: { doubleValue: 0.5 } },
          { key: 'yes', value: { boolValue: true } },
        ],
        status: { code: 2 },
      },
      { name: 'root', kind: 5, attributes: [], status: { code: 0 } },
    ]);
    expect(scopeSpans[0].spans[1]).not.toHaveProperty('parentSpanId');
    expect(resource.attributes.map(({ key }: { key: string }) => key).sort()).toEqual([
      'service.name',
      'telemetry.sdk.language',
      'telemetry.sdk.name',
      'telemetry.sdk.version',
    ]);
  });

  it('is sent the share of traces that the operator wants', async () => {
    process.env['OTEL_TRACES_SAMPLER'] = 'always_off';
    const recorder = new OpenTelemetryRecorder(url(), {});
    delete process.env['OTEL_TRACES_SAMPLER'];
    expect(recorder.start({ name: 'x', kind: 'server', parent: null })).toBeNull();
    await recorder.close();
    expect([bodies, recorder.dropped]).toEqual([[], 0]);
  });

  it('that does not answer costs spans, counted, and holds nobody up', async () => {
    answers = false;
    const recorder = new OpenTelemetryRecorder(url(), {}, { batch: 2, queueMax: 3, everyMs: 60_000, timeoutMs: 500 });
    for (let n = 0; n < 10; n += 1) recorder.start({ name: 'x', kind: 'internal', parent: null })?.end();
    expect(recorder.dropped).toBe(7);
    await recorder.close();
    expect([bodies.length, recorder.dropped]).toEqual([2, 10]);
  });
});
