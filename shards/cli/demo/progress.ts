const WIDTH = 30;
const TENTHS = 10;

/** A bar that fills in place on a terminal, and a line every tenth elsewhere. */
export class Progress {
  readonly #total: number;
  readonly #noun: string;
  readonly #out: (text: string) => void;
  readonly #interactive: boolean;
  readonly #startedAt = performance.now();
  #done = 0;
  #told = 0;

  constructor(total: number, noun: string, out: (text: string) => void, interactive: boolean) {
    this.#total = total;
    this.#noun = noun;
    this.#out = out;
    this.#interactive = interactive;
  }

  add(count: number): void {
    this.#done = Math.min(this.#total, this.#done + count);
    const tenth = Math.floor((this.#done * TENTHS) / this.#total);
    if (this.#interactive) this.#out(`\r${this.#line()}`);
    else if (tenth > this.#told) this.#out(`${this.#line()}\n`);
    this.#told = tenth;
  }

  /** A line of its own above the bar. */
  say(line: string): void {
    this.#out(this.#interactive ? `\r${" ".repeat(WIDTH + 50)}\r${line}\n${this.#line()}` : `${line}\n`);
  }

  end(): void {
    if (this.#interactive) this.#out("\n");
  }

  #line(): string {
    const filled = Math.floor((this.#done * WIDTH) / this.#total);
    const rate = Math.round(this.#done / ((performance.now() - this.#startedAt) / 1000));
    const bar = "█".repeat(filled) + "░".repeat(WIDTH - filled);
    return `${bar} ${this.#done} of ${this.#total} ${this.#noun}, ${rate}/s `;
  }
}
