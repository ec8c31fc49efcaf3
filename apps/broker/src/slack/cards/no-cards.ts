import { Injectable } from '@nestjs/common';
import { CardPublisher, CardUpkeep, ThreadPublisher, type JobOutcome } from '#delivery/ports.js';

/** Stands in while Slack is off: people decide in the console and over REST. */
@Injectable()
export class NoCards extends CardPublisher {
  override publish(): Promise<JobOutcome> {
    return Promise.resolve('done');
  }
}

/** Stands in for the threads likewise. */
@Injectable()
export class NoThreads extends ThreadPublisher {
  override publish(): Promise<JobOutcome> {
    return Promise.resolve('done');
  }
}

/** Stands in for the upkeep of cards likewise. */
@Injectable()
export class NoLostCards extends CardUpkeep {
  override async republishLost(): Promise<void> {}
}
