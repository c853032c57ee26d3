import { join } from "node:path";
import type { GroupTimes } from "../../src/adapters/kafka/lease.ts";
import { openKafkaMembership } from "../../src/adapters/kafka/membership.ts";
import type { Membership } from "../../src/ports/membership.ts";
import { until } from "../services/service.ts";

/** As short as brokers allow unless they are told otherwise. */
export const times: GroupTimes = { sessionMs: 6000, heartbeatMs: 200, rebalanceMs: 18_000 };

/** The group, topic and partitions of one test. */
export interface Scene {
  readonly brokers: readonly string[];
  readonly group: string;
  readonly partitions: number;
}

/** A member that tests can see into. */
export interface Seen {
  readonly name: string;
  /** The sets it was told, in order, those it is still busy with included. */
  readonly sets: readonly (readonly number[])[];
  /** What it last said of `isCurrent`. */
  isCurrent(): boolean;
}

/** What a member owns as far as it was told. */
export function owned(member: Seen): readonly number[] {
  return member.sets.at(-1) ?? [];
}

let groups = 0;

/** A group that nobody has joined yet. */
export function newScene(brokers: readonly string[], partitions: number): Scene {
  groups += 1;
  return { brokers, group: `test.${process.pid}.${Date.now()}.${groups}`, partitions };
}

/** Who uses which partition just now, over members of this process: no partition may be used by two. */
export class Usage {
  readonly #users = new Map<number, string>();
  readonly breaches: string[] = [];

  /** `next` takes effect: what is new must be nobody else's. */
  take(name: string, next: readonly number[]): void {
    for (const partition of next) {
      const user = this.#users.get(partition) ?? name;
      if (user !== name) this.breaches.push(`${name} was told ${partition} while ${user} used it`);
      this.#users.set(partition, name);
    }
  }

  /** It uses nothing but `kept` any more. */
  letGo(name: string, kept: readonly number[]): void {
    for (const [partition, user] of this.#users) {
      if (user === name && !kept.includes(partition)) this.#users.delete(partition);
    }
  }
}

/** A member in this process. */
export interface Local extends Seen {
  readonly membership: Membership;
  readonly said: readonly string[];
  readonly joined: Promise<void>;
}

let members = 0;

/** How a member of this process differs from others. */
export interface HereOptions {
  /** Watches what it uses. */
  readonly usage?: Usage;
  /** How long it is busy with every set it is told. */
  readonly busyMs?: number;
  readonly sessionMs?: number;
  /** What the store answers when it is asked whether others have claimed what it holds. */
  readonly isStillOurs?: (partitions: readonly number[]) => Promise<boolean>;
}

/** Joins within this process. */
export async function joinHere(
  { brokers, group, partitions }: Scene,
  { usage, busyMs = 0, sessionMs = times.sessionMs, isStillOurs }: HereOptions = {},
): Promise<Local> {
  members += 1;
  const name = `member ${members}`;
  const [said, sets]: [string[], (readonly number[])[]] = [[], []];
  const say = (line: string) => said.push(line);
  const membership = await openKafkaMembership({
    brokers,
    group,
    partitions,
    topic: group,
    times: { ...times, sessionMs },
    say,
  });
  const joined = membership.join(async (set) => {
    sets.push(set);
    usage?.take(name, set);
    await Bun.sleep(busyMs);
    usage?.letGo(name, set);
  }, isStillOurs);
  return { name, membership, said, sets, joined, isCurrent: () => membership.isCurrent() };
}

/** A member in a process of its own. */
export interface Remote extends Seen {
  /** Everything it said, line by line. */
  readonly lines: readonly string[];
  kill(): Promise<void>;
  /** Stops in the middle of a step, as SIGSTOP does; its next words are what `isCurrent` answers when it goes on. */
  freeze(): void;
  thaw(): void;
}

/** Joins from a process of its own. */
export function joinElsewhere({ brokers, group, partitions }: Scene): Remote {
  const child = Bun.spawn(
    [
      process.execPath,
      join(import.meta.dir, "kafka_membership_child.ts"),
      brokers.join(","),
      group,
      `${partitions}`,
    ],
    { stdin: "pipe", stdout: "pipe", stderr: "inherit" },
  );
  const [lines, sets]: [string[], number[][]] = [[], []];
  let current = false;
  const read = async (): Promise<void> => {
    let rest = "";
    const decoder = new TextDecoder();
    for await (const chunk of child.stdout) {
      const parts = `${rest}${decoder.decode(chunk, { stream: true })}`.split("\n");
      rest = parts.pop() ?? "";
      for (const line of parts) {
        lines.push(line);
        const [word = "", value = ""] = line.split(" ");
        if (word === "set") sets.push(JSON.parse(value));
        if (word === "current") current = value === "true";
      }
    }
  };
  read();
  return {
    name: `process ${child.pid}`,
    lines,
    sets,
    isCurrent: () => current,
    kill: async () => {
      child.kill("SIGKILL");
      await child.exited;
    },
    freeze: () => {
      child.stdin.write("freeze\n");
      child.stdin.flush();
    },
    thaw: () => child.kill("SIGCONT"),
  };
}

/** Waits until these members own everything, each its even share, and nobody a partition of another's. */
export async function settle({ partitions }: Scene, living: readonly Seen[], waitMsMax = 40_000) {
  const what = () => living.map((member) => `${member.name}: [${owned(member)}]`).join("; ");
  const even = (): boolean => {
    const sizes = living.map((member) => owned(member).length);
    const all = living.flatMap(owned);
    return (
      all.length === partitions &&
      new Set(all).size === partitions &&
      Math.max(...sizes) - Math.min(...sizes) <= 1 &&
      living.every((member) => member.isCurrent())
    );
  };
  const startedAt = performance.now();
  await until("an even share for each", waitMsMax, async () => even()).catch((error) => {
    throw new Error(`${error.message}: ${what()}`);
  });
  return performance.now() - startedAt;
}
