/**
 * The broker's program, which says on standard output when it begins a job. The line is written by what is wrapped around
 * the product's own method here: the product has nothing of it.
 */
import 'reflect-metadata';
import { TypedConsumer } from '#delivery/bull/typed-consumer.js';

interface Job {
  readonly name: string;
  readonly data: { readonly id: string };
}

type Process = (this: unknown, job: Job, ...more: unknown[]) => Promise<void>;

const methods = TypedConsumer.prototype as unknown as { process: Process };
const original = methods.process;
methods.process = function (job, ...more) {
  process.stdout.write(`began ${job.data.id} ${performance.timeOrigin + performance.now()}\n`);
  return original.call(this, job, ...more);
};

await import('../../../apps/broker/src/main.js');
