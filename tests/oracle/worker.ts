import { parentPort } from "node:worker_threads";
import { prices } from "./prices/family.ts";
import { run } from "./run.ts";

/** Cases of a seed from number `from` up to `to`, without it. */
export interface Part {
  readonly seed: number;
  readonly from: number;
  readonly to: number;
}

const port = parentPort;
if (port === null) throw new Error("this is started as a worker");
port.on("message", ({ seed, from, to }: Part) => port.postMessage(run(prices, seed, from, to)));
