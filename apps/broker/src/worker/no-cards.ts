import { Injectable } from '@nestjs/common';
import { CardPublisher, type JobOutcome } from '#delivery/ports.js';

/** Stands in while Slack is off: people decide in the console and over REST. */
@Injectable()
export class NoCards extends CardPublisher {
  override publish(): Promise<JobOutcome> {
    return Promise.resolve('done');
  }
}
