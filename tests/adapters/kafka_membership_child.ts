import { writeSync } from "node:fs";
import { openKafkaMembership } from "../../src/adapters/kafka/membership.ts";
import { times } from "./kafka_membership_fixture.ts";

/**
 * A member in a process of its own: `bun kafka_membership_child.ts <brokers> <group> <partitions>`. Says on standard
 * output `set <partitions>` when told, `current <boolean>` when that changes, and after `freeze`, which stops the
 * process on the spot, `thawed <boolean>` before anything else can run.
 */
async function main(): Promise<void> {
  const [brokers = "", group = "", partitions = ""] = process.argv.slice(2);
  const membership = await openKafkaMembership({
    brokers: brokers.split(","),
    group,
    topic: group,
    partitions: Number(partitions),
    times,
    say: (line) => say(`said ${line}`),
  });
  let current = false;
  const look = (): void => {
    if (membership.isCurrent() === current) return;
    current = !current;
    say(`current ${current}`);
  };
  membership.join(async (set) => {
    look();
    say(`set ${JSON.stringify(set)}`);
  });
  setInterval(look, 10);
  for await (const line of console) {
    if (line !== "freeze") continue;
    process.kill(process.pid, "SIGSTOP");
    say(`thawed ${membership.isCurrent()}`);
  }
}

function say(line: string): void {
  writeSync(1, `${line}\n`);
}

await main();
