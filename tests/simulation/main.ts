// Lives of an installation in which everything goes wrong, drawn from seeds:
// `npm run simulate -- --seed 1 --seeds 100 --steps 10000`, or with a mistake to find, `--break "lost append"`.
import { parseArgs } from "node:util";
import { faults } from "./faults.ts";
import { simulate } from "./run.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    seeds: { type: "string", default: "1" },
    steps: { type: "string", default: "10000" },
    break: { type: "string" },
  },
});
const [first, seeds, steps] = [Number(values.seed), Number(values.seeds), Number(values.steps)];
const fault = values.break === undefined ? undefined : faults[values.break];
if (values.break !== undefined && fault === undefined)
  throw new Error(`--break takes one of: ${Object.keys(faults).join(", ")}`);

const say = (line: string) => process.stdout.write(`${line}\n`);
const from = performance.now();
const sum = { steps: 0, commits: 0, breaches: 0 };
const TOLD_EVERY = 50;

function tell(last: number): void {
  const { steps: done, commits, breaches } = sum;
  const rate = Math.round(done / ((performance.now() - from) / 1000));
  say(`seeds ${first} to ${last}: ${done} steps, ${commits} commits, ${rate} steps/s, ${breaches} breaches`);
}

for (let seed = first; seed < first + seeds; seed++) {
  const result = simulate(seed, steps, fault);
  sum.steps += result.steps;
  sum.commits += result.commits;
  if (result.breach !== null) {
    sum.breaches++;
    for (const line of result.last) say(line);
    say(`seed ${seed}, step ${result.foundAt}, trace ${result.hash}: ${result.breach}`);
    say(`again: npm run simulate -- --seed ${seed} --steps ${steps}`);
  }
  if ((seed - first + 1) % TOLD_EVERY === 0 && seed < first + seeds - 1) tell(seed);
}
tell(first + seeds - 1);
process.exit(sum.breaches === 0 ? 0 : 1);
