import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openKafkaEventLog } from "../../src/adapters/kafka/open.ts";
import type { EventLog } from "../../src/ports/event_log.ts";
import { kafkaJars } from "../services/kafka_jars.ts";
import { run } from "../services/service.ts";

/** The brokers tests may use; none where KAFKA_BROKERS is not set. */
export const brokers = (process.env.KAFKA_BROKERS ?? "").split(",").filter((address) => address !== "");

/** What a skipped test says. */
export const skipped = brokers.length > 0 ? "" : " (unproven: KAFKA_BROKERS names no broker)";

let topics = 0;

/** A topic of a test's own. */
export function newTopic(): string {
  topics += 1;
  return `test.${process.pid}.${Date.now()}.${topics}`;
}

/** The log in a topic, with the lines it said. */
export async function openLog(
  topic: string,
  partitions: number,
): Promise<{ log: EventLog; said: string[]; [Symbol.asyncDispose](): Promise<void> }> {
  const said: string[] = [];
  const log = await openKafkaEventLog({ brokers, partitions, topic, say: (line) => said.push(line) });
  return { log, said, [Symbol.asyncDispose]: () => log.close() };
}

export interface Outside {
  readonly topic: string;
  readonly compression?: "none" | "gzip" | "snappy" | "lz4" | "zstd";
  readonly mode?: "plain" | "commit" | "abort";
  readonly at?: string;
}

const quick = ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"];
let program: Promise<string> | null = null;

/** Compiles the producer, once; answers the class path it runs with. */
async function compile(): Promise<string> {
  const jars = `${await kafkaJars()}/*`;
  const classes = mkdtempSync(join(tmpdir(), "billai-outside-producer-"));
  process.once("exit", () => rmSync(classes, { recursive: true, force: true }));
  await run(["javac", "-cp", jars, "-d", classes, join(import.meta.dir, "outside_producer.java")]);
  return `${classes}:${jars}`;
}

/** Sends records by Kafka's own Java client, partitioned by it; answers where each landed. */
export async function sendOutside(
  { topic, compression = "none", mode = "plain", at = brokers[0] ?? "" }: Outside,
  records: readonly { readonly key: string | null; readonly value: string }[],
): Promise<{ partition: number; offset: number }[]> {
  program ??= compile();
  const child = Bun.spawn(
    ["java", ...quick, "-cp", await program, "OutsideProducer", at, topic, compression, mode],
    {
      stdin: "pipe",
      stdout: "pipe",
      stderr: "ignore",
    },
  );
  for (const { key, value } of records) child.stdin.write(`${key ?? ""}\t${value}\n`);
  await child.stdin.end();
  const lines = (await new Response(child.stdout).text()).trim().split("\n");
  if ((await child.exited) !== 0) throw new Error("the outside producer failed");
  return lines.map((line) => {
    const [partition = "", offset = ""] = line.split(" ");
    return { partition: Number(partition), offset: Number(offset) };
  });
}
