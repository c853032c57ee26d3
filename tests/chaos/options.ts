import { parseArgs } from "node:util";

/** What a run is asked to be. */
export interface Options {
  /** Processes at a time; rounds vary by one. */
  readonly shards: number;
  /** How often a process, all of them, the database or the broker is ended with SIGKILL from outside. */
  readonly kills: number;
  /** How often partitions change hands in order: a process leaves and comes back, or there are more or fewer. */
  readonly rebalances: number;
  /** How often a process is stopped for longer than others wait for it and then goes on. */
  readonly zombies: number;
  /** How often each crash point is hit. */
  readonly crashes: number;
  readonly customers: number;
  readonly seed: number;
  /** With a broker that keeps the log, instead of a file by process. */
  readonly kafka: boolean;
  /** With a ledger outside of the store, so that there is an outbox. */
  readonly outbox: boolean;
}

const usage =
  "usage: bun run chaos [--kafka] [--outbox] [--shards N] [--kills K] [--rebalances R] [--zombies Z] [--crashes C] " +
  "[--customers M] [--seed S], or --cycles K for a short run";

/** Reads the command line; a short run of `--cycles` has a part of everything. Ends the process where it is wrong. */
export function readOptions(): Options {
  try {
    const number = { type: "string" } as const;
    const { values } = parseArgs({
      options: {
        ...{ shards: number, kills: number, rebalances: number, zombies: number, crashes: number },
        ...{ cycles: number, customers: number, seed: number },
        ...{ kafka: { type: "boolean", default: false }, outbox: { type: "boolean", default: false } },
      },
    });
    const cycles = whole(values.cycles, 200);
    return {
      shards: whole(values.shards, 3),
      kills: whole(values.kills, cycles),
      rebalances: whole(values.rebalances, Math.ceil(cycles / 2)),
      zombies: whole(values.zombies, Math.ceil(cycles / 10)),
      crashes: whole(values.crashes, Math.ceil(cycles / 10)),
      customers: whole(values.customers, 200),
      seed: whole(values.seed, 1 + Math.floor(Math.random() * 1_000_000)),
      kafka: values.kafka,
      outbox: values.outbox,
    };
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n${usage}\n`);
    process.exit(2);
  }
}

function whole(text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback;
  if (!/^\d{1,9}$/.test(text)) throw new Error(`'${text}' is not a whole number`);
  return Number(text);
}
