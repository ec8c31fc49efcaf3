import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { SlackDeliveries } from '../ports.js';

export interface DeliveriesPlace {
  readonly deliveries: SlackDeliveries;
  close(): Promise<void>;
}

/** What every record of deliveries must do. `open` is called once. */
export function describeSlackDeliveries(name: string, open: () => Promise<DeliveriesPlace>): void {
  describe(`deliveries of Slack ${name}`, () => {
    let place: DeliveriesPlace;
    let deliveries: SlackDeliveries;
    beforeAll(async () => {
      place = await open();
      deliveries = place.deliveries;
    }, 60_000);
    afterAll(() => place?.close());

    it('are new once', async () => {
      expect(await deliveries.first('once')).toBe(true);
      expect(await deliveries.first('once')).toBe(false);
      expect(await deliveries.first('another')).toBe(true);
    });

    it('are new to one of many that come at once', async () => {
      const answers = await Promise.all(Array.from({ length: 8 }, () => deliveries.first('crowd')));
      expect(answers.filter(Boolean)).toEqual([true]);
    });

    it('are new once more when they could not be dealt with', async () => {
      await deliveries.first('failed');
      await deliveries.first('kept');
      await deliveries.forget('failed');
      await deliveries.forget('never seen');
      expect(await deliveries.first('failed')).toBe(true);
      expect(await deliveries.first('failed')).toBe(false);
      expect(await deliveries.first('kept')).toBe(false);
    });
  });
}
