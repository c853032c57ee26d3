import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { runParallel } from "./parallel.ts";
import { prices } from "./prices/family.ts";
import { cellName, emptyCells, type Family, type Run, run, type Table } from "./run.ts";

const usage = "usage: bun tests/oracle/main.ts [--cases N] [--seed S] [--workers W], or --seed S --case I";
const progressMs = 5000;

/** Runs the oracle from the command line; the exit code is 0 where nothing differs, 1 where something does. */
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      cases: { type: "string", default: "100000" },
      seed: { type: "string", default: "1" },
      workers: { type: "string", default: String(availableParallelism()) },
      case: { type: "string" },
    },
  });
  const [cases, seed, workers] = [Number(values.cases), Number(values.seed), Number(values.workers)];
  const only = values.case === undefined ? null : Number(values.case);
  const areWhole = [cases, seed, workers, only ?? 0].every(Number.isSafeInteger);
  if (!areWhole || cases < 1 || workers < 1 || (only ?? 0) < 0) {
    console.error(usage);
    return 2;
  }
  return only === null ? await runAll(prices, seed, cases, workers) : runOne(prices, seed, only);
}

/** Runs many cases, prints what they were, and what to run again where one differs. */
async function runAll<Drawn>(
  family: Family<Drawn>,
  seed: number,
  cases: number,
  workers: number,
): Promise<number> {
  const start = performance.now();
  const perSecond = (done: number) => Math.round(done / ((performance.now() - start) / 1000));
  let told = start;
  const result = await runParallel<Drawn>(seed, cases, workers, (done) => {
    if (performance.now() - told < progressMs) return;
    told = performance.now();
    console.error(`${done} of ${cases} ${family.name} cases, ${perSecond(done)} per second`);
  });
  for (const [place, table] of family.tables.entries()) print(table, result.counts[place] ?? new Map());
  if (result.failure !== null) return tell(seed, result);
  const empty = emptyCells(family, result);
  if (empty.length > 0) {
    console.error(`no case of ${empty.join("; ")}: ask for more than ${cases}`);
    return 1;
  }
  console.log(`${cases} cases, seed ${seed}, ${perSecond(cases)} per second: no difference`);
  return 0;
}

function runOne<Drawn>(family: Family<Drawn>, seed: number, index: number): number {
  const result = run(family, seed, index, index + 1);
  if (result.failure !== null) return tell(seed, result);
  console.log(`case ${index} of seed ${seed}: no difference`);
  return 0;
}

function tell<Drawn>(seed: number, { failure }: Run<Drawn>): number {
  if (failure === null) return 0;
  console.error(`case ${failure.index} of seed ${seed}: ${failure.why}`);
  console.error(`the simplest like it: ${JSON.stringify(failure.simplest, null, 2)}`);
  console.error(`it differs too: ${failure.whySimplest}`);
  console.error(`to run it again: bun run oracle --seed ${seed} --case ${failure.index}`);
  return 1;
}

function print<Drawn>(table: Table<Drawn>, counts: ReadonlyMap<string, number>): void {
  const cell = (row: string, column: string) =>
    table.exists(row, column) ? String(counts.get(cellName(row, column)) ?? 0) : "-";
  const lines = table.rows.map((row) => [row, ...table.columns.map((column) => cell(row, column))]);
  console.log([table.title, ...table.columns].map(padded).join(""));
  for (const line of lines) console.log(line.map(padded).join("").trimEnd());
  console.log();
}

const padded = (text: string, place: number) => (place === 0 ? text.padEnd(24) : text.padStart(16));

process.exitCode = await main();
