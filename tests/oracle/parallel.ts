import { Worker } from "node:worker_threads";
import { merged, type Run } from "./run.ts";
import type { Part } from "./worker.ts";

const partCases = 1000;

/**
 * Runs the cases of a seed from 0 up to `cases` in several workers, part by part; stops at a part with a difference.
 *
 * @param onPart told after each part how many cases are done
 */
export async function runParallel<Drawn>(
  seed: number,
  cases: number,
  workers: number,
  onPart: (done: number) => void,
): Promise<Run<Drawn>> {
  const runs: Run<Drawn>[] = [];
  let next = 0;
  let done = 0;
  const work = async () => {
    const worker = new Worker(new URL("./worker.ts", import.meta.url));
    while (next < cases && runs.every(({ failure }) => failure === null)) {
      const part = { seed, from: next, to: Math.min(next + partCases, cases) };
      next = part.to;
      runs.push(await answer<Drawn>(worker, part));
      done += part.to - part.from;
      onPart(done);
    }
    await worker.terminate();
  };
  await Promise.all(Array.from({ length: workers }, work));
  return merged(runs);
}

function answer<Drawn>(worker: Worker, part: Part): Promise<Run<Drawn>> {
  const { promise, resolve, reject } = Promise.withResolvers<Run<Drawn>>();
  worker.once("message", resolve);
  worker.once("error", reject);
  worker.postMessage(part);
  return promise.finally(() => worker.off("error", reject));
}
