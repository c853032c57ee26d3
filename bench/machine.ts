import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from "node:fs";
import { cpus, loadavg, release, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { quantile } from "./statistics.ts";

/** What the figures were measured on. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
  readonly bun: string;
  /** Of the disk of temporary files. */
  readonly fdatasyncMs: number;
  /** Processes that wanted to run in the last minute, ours among them: far above the cores means others disturbed. */
  readonly load: number;
  /** The slowest run of a fixed piece of work divided by the fastest: 1 on a quiet machine. */
  readonly noise: number;
}

/** @param spins milliseconds of the fixed piece of work, as often as it was run between measurements */
export function machineNow(spins: readonly number[]): Machine {
  const [first] = cpus();
  return {
    cpu: first?.model.trim() ?? "unknown",
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${process.platform} ${release()}`,
    bun: Bun.version,
    fdatasyncMs: fdatasyncMs(),
    load: Math.round((loadavg()[0] ?? 0) * 10) / 10,
    noise: Math.round((Math.max(...spins) / Math.min(...spins)) * 100) / 100,
  };
}

/** How long a fixed piece of work takes now, some milliseconds: the machine's noise is what it varies by. */
export function spinMs(): number {
  const startedAt = performance.now();
  let x = 1;
  for (let i = 0; i < 4_000_000; i++) x = (x * 16_807) % 2_147_483_647;
  if (x === 0) throw new Error("the generator has no zero");
  return performance.now() - startedAt;
}

/** Milliseconds of processor time this process has used: what others do on the machine is not in it. */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function fdatasyncMs(): number {
  const file = join(tmpdir(), `billai-bench-${process.pid}`);
  const handle = openSync(file, "w");
  const block = new Uint8Array(4096);
  const times = Array.from({ length: 50 }, () => {
    writeSync(handle, block);
    const startedAt = performance.now();
    fdatasyncSync(handle);
    return performance.now() - startedAt;
  });
  closeSync(handle);
  rmSync(file);
  return (
    Math.round(
      quantile(
        times.toSorted((a, b) => a - b),
        0.5,
      ) * 1000,
    ) / 1000
  );
}
