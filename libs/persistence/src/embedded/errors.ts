/** Another live broker holds this data folder. */
export class EmbeddedAlreadyRunning extends Error {
  constructor(
    readonly pid: number,
    readonly dataDir: string,
  ) {
    super(
      `Another Writ (process ${pid}) is already running on ${dataDir}. ` +
        'Stop it first, or give this one its own folder with WRIT_DATA_DIR.',
    );
    this.name = 'EmbeddedAlreadyRunning';
  }
}

/** The embedded PostgreSQL cannot run here; the message says why and what to do instead. */
export class EmbeddedUnavailable extends Error {
  constructor(reason: string) {
    super(`The embedded PostgreSQL cannot run: ${reason}`);
    this.name = 'EmbeddedUnavailable';
  }
}
