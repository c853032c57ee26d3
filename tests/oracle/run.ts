import { Random } from "./random.ts";

/** What cases are counted by: a table of which no cell may stay empty. */
export interface Table<Drawn> {
  readonly title: string;
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  /** False for cells that no case can fall in. */
  readonly exists: (row: string, column: string) => boolean;
  /** The row of a case, or null where it has none, and its columns. */
  readonly place: (drawn: Drawn) => { readonly row: string | null; readonly columns: readonly string[] };
}

/** One family of cases: how its cases are drawn and compared. Each has a folder beside this file. */
export interface Family<Drawn> {
  readonly name: string;
  /** The case of a number; the same number and draws give the same case. */
  readonly draw: (random: Random, index: number) => Drawn;
  /** Where the real code and the oracle differ, else null. */
  readonly difference: (drawn: Drawn) => string | null;
  /** The case with something left out, in all ways there are. */
  readonly simpler: (drawn: Drawn) => readonly Drawn[];
  readonly tables: readonly Table<Drawn>[];
}

/** A case that differs, and the simplest like it that still does. */
export interface Failure<Drawn> {
  readonly index: number;
  readonly why: string;
  readonly simplest: Drawn;
  readonly whySimplest: string;
}

/** How many cases fell in each cell of each table, and the first case that differed. */
export interface Run<Drawn> {
  readonly counts: readonly ReadonlyMap<string, number>[];
  readonly failure: Failure<Drawn> | null;
}

/** The name of a table's cell in its counts. */
export const cellName = (row: string, column: string): string => `${row}, ${column}`;

/** Draws and compares the cases of a family from number `from` up to `to`, without it; stops at the first that differs. */
export function run<Drawn>(family: Family<Drawn>, seed: number, from: number, to: number): Run<Drawn> {
  const counts = family.tables.map(() => new Map<string, number>());
  for (let index = from; index < to; index += 1) {
    const drawn = family.draw(new Random(seed, index), index);
    const why = family.difference(drawn);
    if (why !== null) {
      const simplest = simplified(family, drawn);
      return { counts, failure: { index, why, simplest, whySimplest: family.difference(simplest) ?? why } };
    }
    for (const [place, table] of family.tables.entries()) count(counts[place], table, drawn);
  }
  return { counts, failure: null };
}

/** Several runs as one; of their failures the first by number. */
export function merged<Drawn>(runs: readonly Run<Drawn>[]): Run<Drawn> {
  const counts: Map<string, number>[] = [];
  for (const run of runs) {
    for (const [place, table] of run.counts.entries()) {
      const sums = counts[place] ?? new Map<string, number>();
      counts[place] = sums;
      for (const [name, count] of table) sums.set(name, (sums.get(name) ?? 0) + count);
    }
  }
  const failures = runs.flatMap(({ failure }) => (failure === null ? [] : [failure]));
  return { counts, failure: failures.sort((a, b) => a.index - b.index)[0] ?? null };
}

/** The cells of a family's tables that can have cases and have none. */
export function emptyCells<Drawn>(family: Family<Drawn>, { counts }: Run<Drawn>): string[] {
  return family.tables.flatMap(({ rows, columns, exists }, place) =>
    rows.flatMap((row) =>
      columns
        .filter((column) => exists(row, column) && !counts[place]?.has(cellName(row, column)))
        .map((column) => cellName(row, column)),
    ),
  );
}

function count<Drawn>(counts: Map<string, number> | undefined, table: Table<Drawn>, drawn: Drawn): void {
  const { row, columns } = table.place(drawn);
  if (row === null || counts === undefined) return;
  for (const column of columns) {
    const name = cellName(row, column);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
}

/** Leaves out what can be left out, one thing after the other, while the case still differs. */
function simplified<Drawn>(family: Family<Drawn>, drawn: Drawn): Drawn {
  const next = family.simpler(drawn).find((simpler) => family.difference(simpler) !== null);
  return next === undefined ? drawn : simplified(family, next);
}
