/** One row of periodic work. */
export interface Schedule {
  /** The period. Runs stand on one grid of the clock, whoever sets the schedule. */
  readonly everySeconds: number;
  /** What it does, for whoever reads this table. */
  readonly what: string;
}

/**
 * Everything that is done once a period by one of the workers, however many there are. The name is the schedule's id
 * and the topic of its jobs. None of it may be needed for something to be true: a period that fails, or a queue that is
 * away, costs promptness alone, and the next period does the same again. What must be certain has a timer in every worker:
 * ends (for silence too) and reminders (`DeadlineSweeperRunner`). Status lists are made when somebody asks.
 */
export const SCHEDULES = {
  'upkeep.cards': {
    everySeconds: 10,
    what: 'has cards published that are missing or show an older state, and that no job will look at',
  },
  'upkeep.keys': {
    everySeconds: 60,
    what: 'begins the rotation of signing keys that are older than limits.signing_key_days',
  },
  'upkeep.history': {
    everySeconds: 30,
    what: 'judges the seals of the events, of the new ones and of a piece of all the others',
  },
  'upkeep.retention': {
    everySeconds: 60,
    what: 'makes the partitions of months to come, and deletes rows that have outlived their purpose',
  },
  'upkeep.counters': {
    everySeconds: 10,
    what: 'compares the counters of some agents with their rows and mends them, forgets stops whose ends are all written',
  },
} as const satisfies Readonly<Record<`upkeep.${string}`, Schedule>>;

export type ScheduleName = keyof typeof SCHEDULES;

/** The queue of all schedules: apart from those of the outbox, so that long upkeep holds up no deadline. */
export const UPKEEP_QUEUE = 'upkeep';
