import type { Random } from "../oracle/random.ts";
import type { Database } from "./database.ts";
import { type Fleet, signal } from "./fleet.ts";
import type { Load } from "./load.ts";

/** How often each kind of fault has happened. */
export interface Counts {
  /** Processes, whole sets, databases and brokers ended with SIGKILL from outside. */
  kills: number;
  wholeSets: number;
  databases: number;
  brokers: number;
  rebalances: number;
  zombies: number;
  stalls: number;
}

/** The broker that keeps the log, where one does. */
export interface Broker {
  /** Whether it may be killed. */
  readonly isOurs: boolean;
  kill(): Promise<void>;
  start(): Promise<void>;
}

/** What a fault is done to. */
export interface Scene {
  readonly fleet: Fleet;
  readonly database: Database;
  readonly broker: Broker | null;
  readonly random: Random;
  readonly load: Load;
  readonly counts: Counts;
}

/** A thing that can go wrong; resolves, with what it was, once it is over. */
export type Fault = (scene: Scene) => Promise<string>;

/** kill -9 of one process, in the midst of things. */
export const killOne: Fault = async ({ fleet, random, load, counts }) => {
  const index = random.whole(0, fleet.size - 1);
  const { inFlight } = load;
  const pid = await fleet.end(index, "SIGKILL");
  if (pid === null) return `process ${index} was down already`;
  counts.kills++;
  await fleet.servesAgain(index, pid);
  return `kill -9 of process ${index}, ${inFlight} events in flight`;
};

/** One process leaves in order, and comes back. */
export const leave: Fault = async ({ fleet, random, counts }) => {
  const index = random.whole(0, fleet.size - 1);
  const pid = await fleet.end(index, "SIGTERM");
  if (pid === null) return `process ${index} was down already`;
  counts.rebalances++;
  await fleet.servesAgain(index, pid);
  return `process ${index} leaves and comes back`;
};

/** One process does nothing for a while, and goes on as if nothing had been. */
export const stall: Fault = async ({ fleet, random, counts }) => {
  const index = random.whole(0, fleet.size - 1);
  const ms = random.whole(200, 1500);
  const pid = fleet.pid(index);
  if (pid === null) return `process ${index} was down already`;
  counts.stalls++;
  signal(pid, "SIGSTOP");
  await Bun.sleep(ms);
  signal(pid, "SIGCONT");
  return `process ${index} stands still for ${ms} ms`;
};

/** kill -9 of the database while everything else goes on. */
export const killDatabase: Fault = async ({ database, random, counts }) => {
  const ms = random.whole(0, 800);
  await database.kill();
  counts.kills++;
  counts.databases++;
  await Bun.sleep(ms);
  await database.start();
  return `kill -9 of the database, away for at least ${ms} ms`;
};

/** The same batch from ten clients at once. */
export const storm: Fault = async ({ load }) => {
  await load.storm();
  return "ten clients send the same batch at once";
};

/** kill -9 of the broker while everything else goes on. */
export const killBroker: Fault = async ({ broker, random, counts }) => {
  if (broker === null) return "no broker to kill";
  const ms = random.whole(0, 800);
  counts.kills++;
  counts.brokers++;
  await broker.kill();
  await Bun.sleep(ms);
  await broker.start();
  return `kill -9 of the broker, away for at least ${ms} ms`;
};

/** One process stands still until another has its customers, and then goes on, believing it has them. */
export const zombie: Fault = async ({ fleet, random, counts }) => {
  const index = random.whole(0, fleet.size - 1);
  const stood = await fleet.haunt?.(index);
  if (stood == null) return `process ${index} was down already`;
  counts.zombies++;
  stood.goOn();
  const ms = random.whole(300, 2000); // in which it is asked like the others
  await Bun.sleep(ms);
  return `process ${index} comes back for ${ms} ms from among the dead, and ends with ${await stood.end()}`;
};
