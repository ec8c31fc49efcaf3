// Preloaded with `--import` into one process: its clock then goes wrong by TEST_CLOCK_SHIFT_MS, as libfaketime would
// have it. Timers and `performance` go on as before; only what the process believes the date to be is shifted.
const shift = Number(process.env.TEST_CLOCK_SHIFT_MS ?? 0);
const RealDate = Date;

class ShiftedDate extends RealDate {
  constructor(...given) {
    if (given.length === 0) super(RealDate.now() + shift);
    else super(...given);
  }
  static now() {
    return RealDate.now() + shift;
  }
}

globalThis.Date = ShiftedDate;
