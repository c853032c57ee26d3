import { tableLines } from "../table.ts";
import type { RowVerdict } from "./sender.ts";

/** Verdicts that mean a row's usage is counted, now or before. */
const counted: ReadonlySet<string> = new Set(["applied", "duplicate", "accepted", "readable"]);
const SHOWN_FAULTS = 10;
const TOLD_EVERY_MS = 2000;
const TOLD_ON_TERMINAL_EVERY_MS = 100;

/** Counts verdicts, shows progress and sums up. */
export class Tally {
  readonly #size: number | null;
  readonly #out: (text: string) => void;
  readonly #interactive: boolean;
  readonly #startedAt = performance.now();
  readonly #counts = new Map<string, number>();
  readonly #faults: RowVerdict[] = [];
  #rows = 0;
  #bytes = 0;
  #toldAt = performance.now();

  /** @param size of the file in bytes; null where it is not known */
  constructor(size: number | null, out: (text: string) => void, interactive: boolean) {
    this.#size = size;
    this.#out = out;
    this.#interactive = interactive;
  }

  read(bytes: number): void {
    this.#bytes += bytes;
  }

  /** A line of its own, such as why nothing moves. */
  say(line: string): void {
    this.#out(this.#interactive ? `\r${line}\n` : `${line}\n`);
  }

  add(verdicts: readonly RowVerdict[]): void {
    for (const verdict of verdicts) {
      this.#rows++;
      this.#counts.set(verdict.status, (this.#counts.get(verdict.status) ?? 0) + 1);
      if (!counted.has(verdict.status) && this.#faults.length < SHOWN_FAULTS) this.#faults.push(verdict);
    }
    const every = this.#interactive ? TOLD_ON_TERMINAL_EVERY_MS : TOLD_EVERY_MS;
    if (performance.now() - this.#toldAt < every) return;
    this.#toldAt = performance.now();
    this.#out(this.#interactive ? `\r${this.#line()}` : `${this.#line()}\n`);
  }

  /** Prints what became of the rows. Answers the exit code. */
  summarize(): number {
    if (this.#interactive) this.#out(`\r${this.#line()}\n`);
    const rows = [...this.#counts]
      .sort(([, a], [, b]) => b - a)
      .map(([status, count]) => [status, String(count)]);
    this.#out(`${tableLines(["Verdict", "Rows"], [...rows, ["all", String(this.#rows)]], [1]).join("\n")}\n`);
    for (const { row, status, why } of this.#faults)
      this.#out(`row ${row}: ${status}${why === "" ? "" : `, ${why}`}\n`);
    const bad = [...this.#counts]
      .filter(([status]) => !counted.has(status))
      .reduce((sum, [, count]) => sum + count, 0);
    if (bad > this.#faults.length) this.#out(`and ${bad - this.#faults.length} more\n`);
    return bad === 0 ? 0 : 1;
  }

  #line(): string {
    const rate = Math.round((this.#rows * 1000) / Math.max(1, performance.now() - this.#startedAt));
    const percent =
      this.#size === null ? "" : `, ${Math.floor((this.#bytes * 100) / Math.max(1, this.#size))} % read`;
    const verdicts = [...this.#counts].map(([status, count]) => `, ${count} ${status}`).join("");
    return `${this.#rows} rows, ${rate}/s${percent}${verdicts}  `;
  }
}
