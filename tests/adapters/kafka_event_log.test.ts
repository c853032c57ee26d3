import { openKafkaEventLog } from "../../src/adapters/kafka/open.ts";
import type { EventLog } from "../../src/ports/event_log.ts";
import { eventLogContract, partitions } from "../contracts/event_log.ts";
import { brokers, newTopic, skipped } from "./kafka_fixture.ts";

const topicOf = new Map<EventLog, string>();

async function openAt(topic: string, pendingBytesMax?: number): Promise<EventLog> {
  const bound = pendingBytesMax === undefined ? {} : { pendingBytesMax };
  const log = await openKafkaEventLog({ brokers, partitions, topic, say: () => {}, ...bound });
  topicOf.set(log, topic);
  return log;
}

eventLogContract(`the event log in Kafka${skipped}`, {
  open: (options) => openAt(newTopic(), options?.pendingBytesMax),
  reopen: async (log) => {
    await log.close();
    return openAt(topicOf.get(log) ?? "");
  },
  histories: 5,
  skip: skipped !== "",
});
