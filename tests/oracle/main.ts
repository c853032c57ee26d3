import { parseArgs } from "node:util";
import { edges } from "./cases.ts";
import { runOracle } from "./run.ts";

const usage = "usage: bun tests/oracle/main.ts [--cases N] [--seed S]";

/** Runs the oracle from the command line; the exit code is 0 where nothing differs, 1 where something does. */
function main(): number {
  const { values } = parseArgs({
    options: { cases: { type: "string", default: "100000" }, seed: { type: "string", default: "1" } },
  });
  const cases = Number(values.cases);
  const seed = Number(values.seed);
  if (!Number.isSafeInteger(cases) || cases < 1 || !Number.isSafeInteger(seed)) {
    console.error(usage);
    return 2;
  }
  const { counts, failure } = runOracle(cases, seed);
  const header = ["model", ...edges];
  const rows = [...counts].map(([model, row]) => [model, ...edges.map((edge) => String(row.get(edge) ?? 0))]);
  for (const row of [header, ...rows])
    console.log(
      row
        .map((cell) => cell.padEnd(16))
        .join("")
        .trimEnd(),
    );
  if (failure !== null) {
    console.error(`\ndifference in case ${failure.index} of seed ${seed}: ${failure.why}`);
    console.error(JSON.stringify(failure.drawn, null, 2));
    return 1;
  }
  const empty = rows.some((row) => row.includes("0"));
  if (empty) console.error(`\nsome kinds have no case: ask for at least ${counts.size * edges.length}`);
  else console.log(`\n${cases} cases, seed ${seed}: no difference`);
  return empty ? 1 : 0;
}

process.exitCode = main();
