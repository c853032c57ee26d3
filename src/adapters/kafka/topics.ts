import type { Admin, ClusterMetadata } from "@platformatic/kafka";
import { BillingError } from "../../errors.ts";
import { limits } from "../../limits.ts";
import { hasErrorId } from "./away.ts";

/** Where usage events wait; outside producers write here too. */
export const eventsTopic = "billai.events";

/** Where records of a topic go that cannot be applied. */
export function deadTopicOf(topic: string): string {
  return `${topic}.dead`;
}

/** A topic as it was found: its id where the broker gives ids, else its name. */
export interface Topic {
  readonly name: string;
  readonly id: string;
}

/** Three copies where there are brokers for them, of which two must have a record before it counts as durable. */
const replicasMax = 3;
const noId = "00000000-0000-0000-0000-000000000000";

/**
 * Finds the topic, making it if it is missing, and the one for dead letters beside it. Throws DEP_001 with one line
 * where it has another number of partitions: a customer's partition follows from that number.
 */
export async function prepareTopics(admin: Admin, name: string, partitions: number): Promise<Topic> {
  const events = await findOrMake(admin, name, partitions, [
    // The time of receipt is the broker's, not what a producer's clock says.
    { name: "message.timestamp.type", value: "LogAppendTime" },
    { name: "max.message.bytes", value: `${limits.eventLogRecordBytesMax}` },
    { name: "retention.ms", value: `${limits.eventLogRetentionMs}` },
  ]);
  if (events.partitionsCount !== partitions) {
    throw new BillingError(
      "DEP_001",
      `The Kafka topic ${name} has ${events.partitionsCount} partitions and needs ${partitions}; the number never changes`,
    );
  }
  const dead = deadTopicOf(name);
  await findOrMake(admin, dead, 1, [
    { name: "max.message.bytes", value: `${limits.eventLogRecordBytesMax}` },
  ]);
  return { name, id: events.id === noId ? name : events.id };
}

type Found = NonNullable<ReturnType<ClusterMetadata["topics"]["get"]>>;

async function findOrMake(
  admin: Admin,
  name: string,
  partitions: number,
  configs: { name: string; value: string }[],
): Promise<Found> {
  const found = await find(admin, name);
  if (found !== null) return found;
  const { brokers } = await admin.metadata({ forceUpdate: true });
  const replicas = Math.max(1, Math.min(replicasMax, brokers.size));
  const inSync = { name: "min.insync.replicas", value: `${Math.max(1, replicas - 1)}` };
  try {
    await admin.createTopics({ topics: [name], partitions, replicas, configs: [...configs, inSync] });
  } catch (error) {
    if (!hasErrorId(error, "TOPIC_ALREADY_EXISTS")) throw error; // another process made it
  }
  for (let attempt = 1; attempt <= 50; attempt++) {
    const made = await find(admin, name);
    if (made?.partitions.every(({ leader }) => leader >= 0)) return made;
    await Bun.sleep(100);
  }
  throw new BillingError("DEP_001", `The Kafka topic ${name} was made but does not get ready`);
}

async function find(admin: Admin, name: string): Promise<Found | null> {
  try {
    const { topics } = await admin.metadata({ topics: [name], forceUpdate: true });
    return topics.get(name) ?? null;
  } catch (error) {
    if (error instanceof Error && error.message === `Unknown topic ${name}.`) return null;
    throw error;
  }
}
