/**
 * Lets a few partitions apply events at a time, in the order they came. A batch costs little more with many events in it
 * than with few, and those in line find more to commit when their turn comes.
 */
export class TurnSlots {
  #free: number;
  readonly #line = new Set<(held: boolean) => void>();

  constructor(count: number) {
    this.#free = count;
  }

  /** A partition's own, which it takes and gives back again and again. */
  slot(): TurnSlot {
    return new TurnSlot({
      enter: (go) => {
        if (this.#free === 0) return void this.#line.add(go);
        this.#free--;
        go(true);
      },
      quit: (go) => this.#line.delete(go),
      give: () => {
        const [next] = this.#line;
        if (next === undefined) return void this.#free++;
        this.#line.delete(next);
        next(true);
      },
    });
  }
}

interface Line {
  enter(go: (held: boolean) => void): void;
  /** False where it is no longer in line. */
  quit(go: (held: boolean) => void): boolean;
  give(): void;
}

export class TurnSlot {
  readonly #line: Line;
  #go: (held: boolean) => void = () => {};
  #held = false;

  constructor(line: Line) {
    this.#line = line;
  }

  /**
   * Resolves once it has the slot, or has been told not to wait; then the loop has gone round, and no turn follows
   * another before what else there is to do.
   */
  async take(): Promise<void> {
    this.#held = await new Promise<boolean>((go) => {
      this.#go = go;
      this.#line.enter(go);
    });
    await new Promise((resolve) => setImmediate(resolve));
  }

  /** Goes on without the slot where it waits for it: somebody waits for the outcome. */
  hurry(): void {
    if (this.#line.quit(this.#go)) this.#go(false);
  }

  /** Gives the slot back where it has it. */
  leave(): void {
    if (this.#held) this.#line.give();
    this.#held = false;
  }
}
