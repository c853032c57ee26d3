// Lives of an installation in which everything goes wrong, drawn from seeds: `npm run simulate -- --seed 1 --seeds 100 --steps 10000`.
import { parseArgs } from "node:util";
import { simulate } from "./run.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    seeds: { type: "string", default: "1" },
    steps: { type: "string", default: "10000" },
  },
});
const steps = Number(values.steps);
const first = Number(values.seed);
const from = performance.now();
let done = 0;
let commits = 0;
for (let seed = first; seed < first + Number(values.seeds); seed++) {
  const result = simulate(seed, steps);
  done += result.steps;
  commits += result.commits;
  if (result.breach === null) continue;
  process.stdout.write(`${result.last.join("\n")}\n`);
  process.stdout.write(`seed ${seed}, step ${result.foundAt}: ${result.breach}\n`);
  process.stdout.write(`again: npm run simulate -- --seed ${seed} --steps ${steps}\n`);
  process.exit(1);
}
const seconds = (performance.now() - from) / 1000;
process.stdout.write(
  `${values.seeds} seeds from ${first}: ${done} steps, ${commits} commits, ${Math.round(done / seconds)} steps/s, 0 breaches\n`,
);
