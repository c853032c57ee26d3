import { join } from "node:path";
import { type Machine, machineNow, spinMs } from "./machine.ts";
import { type Spread, shown, spreadOf } from "./statistics.ts";
import { table } from "./table.ts";

/** One thing that is measured, again and again, beside the others. */
export interface Subject {
  readonly name: string;
  /** Such as "events/s". */
  readonly unit: string;
  /** One measurement, with its results checked: throws where the work was not done. */
  measure(round: number): Promise<number> | number;
}

/** All measurements of a subject. */
export interface Row extends Spread {
  readonly name: string;
  readonly unit: string;
  /** In the order of the rounds. */
  readonly values: readonly number[];
}

/** What a figure must reach, and whether it did. */
export interface Goal {
  readonly text: string;
  readonly bound: string;
  /** Null where it was not measured; then `note` says why. */
  readonly value: Spread | null;
  readonly met: boolean | null;
  readonly note: string | null;
}

/** A drawing for the report: bars of some rows. */
export interface Plot {
  readonly title: string;
  readonly rows: readonly string[];
}

/** What a bench leaves behind. */
export interface Result {
  readonly name: string;
  readonly question: string;
  readonly at: string;
  readonly seconds: number;
  readonly machine: Machine;
  readonly rows: readonly Row[];
  readonly goals: readonly Goal[];
  readonly notes: readonly string[];
  readonly plots: readonly Plot[];
}

type Bound = { readonly atLeast: number } | { readonly atMost: number };

const roundsMin = 5;
export const resultsFolder = join(import.meta.dir, "results");

/** Collects the measurements of one question, judges them and leaves them as a table and as JSON. */
export class Bench {
  readonly #name: string;
  readonly #question: string;
  readonly #startedAt = performance.now();
  readonly #rows: Row[] = [];
  readonly #goals: Goal[] = [];
  readonly #notes: string[] = [];
  readonly #plots: Plot[] = [];
  readonly #spins: number[] = [];

  constructor(name: string, question: string) {
    this.#name = name;
    this.#question = question;
  }

  /**
   * Measures the subjects one after the other, round by round, so that what the machine does meanwhile meets all of
   * them; every other round goes backwards. At least five rounds, and more while there is time.
   *
   * @param seconds after which no further round begins
   */
  async compare(subjects: readonly Subject[], seconds: number, roundsMax = 7): Promise<void> {
    const values = new Map<Subject, number[]>(subjects.map((subject) => [subject, []]));
    const until = performance.now() + seconds * 1000;
    for (let round = 0; round < roundsMax && (round < roundsMin || performance.now() < until); round++) {
      this.#spins.push(spinMs());
      for (const subject of round % 2 === 0 ? subjects : subjects.toReversed()) {
        const value = await subject.measure(round);
        if (!Number.isFinite(value) || value < 0) throw new Error(`${subject.name} came to ${value}`);
        values.get(subject)?.push(value);
        progress(`${this.#name}: round ${round + 1}, ${subject.name}: ${shown(value)} ${subject.unit}`);
      }
    }
    for (const [{ name, unit }, found] of values)
      this.#rows.push({ name, unit, values: found, ...spreadOf(found) });
  }

  /** Adds what was measured otherwise, such as once because it takes long. */
  add(name: string, unit: string, values: readonly number[]): void {
    this.#rows.push({ name, unit, values, ...spreadOf(values) });
  }

  /** The values of a row. Throws where there is none. */
  values(name: string): readonly number[] {
    return this.#row(name).values;
  }

  /** Judges one row divided by another, round by round: what slows the machine down slows both. */
  ratio(text: string, of: string, by: string, bound: Bound): void {
    const below = this.#row(by).values;
    const quotients = this.#row(of).values.map((value, round) => value / (below[round] ?? Number.NaN));
    this.#judge(text, quotients.filter(Number.isFinite), bound);
  }

  /** Judges a row as it is. */
  value(text: string, of: string, bound: Bound): void {
    this.#judge(text, this.#row(of).values, bound);
  }

  /** Notes a goal that cannot be measured yet, and why. */
  unmeasured(text: string, note: string): void {
    this.#goals.push({ text, bound: "", value: null, met: null, note });
  }

  note(line: string): void {
    this.#notes.push(line);
  }

  plot(title: string, rows: readonly string[]): void {
    this.#plots.push({ title, rows });
  }

  /** Prints the tables and writes the JSON beside the others. */
  async finish(): Promise<void> {
    const result: Result = {
      name: this.#name,
      question: this.#question,
      at: new Date().toISOString(),
      seconds: Math.round((performance.now() - this.#startedAt) / 1000),
      machine: machineNow(this.#spins.length === 0 ? [spinMs(), spinMs(), spinMs()] : this.#spins),
      rows: this.#rows,
      goals: this.#goals,
      notes: this.#notes,
      plots: this.#plots,
    };
    process.stdout.write(
      `\n${this.#name}: ${this.#question}\n\n${rowsTable(result)}\n\n${goalsTable(result)}\n`,
    );
    for (const note of this.#notes) process.stdout.write(`  ${note}\n`);
    await Bun.write(join(resultsFolder, `${this.#name}.json`), `${JSON.stringify(result, null, 1)}\n`);
  }

  #row(name: string): Row {
    const row = this.#rows.find((candidate) => candidate.name === name);
    if (row === undefined) throw new Error(`${this.#name} has no row '${name}'`);
    return row;
  }

  #judge(text: string, values: readonly number[], bound: Bound): void {
    const value = spreadOf(values);
    const met = "atLeast" in bound ? value.median >= bound.atLeast : value.median <= bound.atMost;
    const shownBound = "atLeast" in bound ? `≥ ${bound.atLeast}` : `≤ ${bound.atMost}`;
    this.#goals.push({ text, bound: shownBound, value, met, note: null });
  }
}

/** The measurements as lines of text. */
function rowsTable({ rows }: Result): string {
  const lines = rows.map(({ name, unit, median, min, max, values }) => [
    name,
    shown(median),
    `${shown(min)}–${shown(max)}`,
    unit,
    `${values.length}`,
  ]);
  return table(["measured", "median", "min–max", "unit", "rounds"], lines);
}

function goalsTable({ goals }: Result): string {
  const lines = goals.map(({ text, bound, value, met, note }) => [
    text,
    bound,
    value === null ? "–" : shown(value.median),
    value === null ? "" : `${shown(value.min)}–${shown(value.max)}`,
    met === null ? `not measured: ${note}` : met ? "met" : "MISSED",
  ]);
  return table(["goal", "bound", "median", "min–max", ""], lines);
}

/** Tells whoever watches; results go to stdout, this does not. */
export function progress(line: string): void {
  process.stderr.write(`${line}\n`);
}
