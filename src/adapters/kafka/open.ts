import type { Admin, Consumer, Producer } from "@platformatic/kafka";
import { BillingError } from "../../errors.ts";
import { limits } from "../../limits.ts";
import type { EventLog } from "../../ports/event_log.ts";
import { reasonOf } from "./away.ts";
import { KafkaEventLog } from "./event_log.ts";
import { eventsTopic, prepareTopics } from "./topics.ts";

/** How to open the log; the topic and the bounds are for tests to choose. */
export interface KafkaEventLogOptions {
  /** `host:port` of some brokers of the cluster; the others are found through them. */
  readonly brokers: readonly string[];
  readonly partitions: number;
  readonly topic?: string;
  readonly pendingBytesMax?: number;
  /** How long to wait for brokers that are away. */
  readonly waitMsMax?: number;
  /** Told when the brokers go away and when they are back, as one line. */
  readonly say: (line: string) => void;
}

/**
 * Opens the event log in Kafka or Redpanda, making its topics if they are missing. Waits for brokers that are away,
 * saying so. Throws DEP_001 with one line where they stay away, or the topic has another number of partitions.
 */
export async function openKafkaEventLog(options: KafkaEventLogOptions): Promise<EventLog> {
  const { brokers, partitions, say } = options;
  const presence = new Presence(brokers, say);
  const clients = await openClients(brokers);
  const deadline = performance.now() + (options.waitMsMax ?? Number.POSITIVE_INFINITY);
  for (;;) {
    try {
      const topic = await prepareTopics(clients.admin, options.topic ?? eventsTopic, partitions);
      clients.records.topics.track(topic.name); // so that it asks who leads the topic's partitions
      const log = await KafkaEventLog.open({
        ...clients,
        topic,
        partitions,
        pendingBytesMax: options.pendingBytesMax ?? limits.eventLogPendingBytesMax,
        onOutcome: (broker, failure) => presence.note(broker, failure),
      });
      await clients.admin.close();
      presence.note(opening, null);
      return log;
    } catch (error) {
      const isFinal = error instanceof BillingError && error.cause === undefined;
      if (isFinal || performance.now() >= deadline) {
        await Promise.allSettled(Object.values(clients).map((client) => client.close()));
        throw isFinal ? error : new BillingError("DEP_001", `${presence.place} is away: ${reasonOf(error)}`);
      }
      presence.note(opening, error);
      await Bun.sleep(limits.eventLogRetryMsMax);
    }
  }
}

interface Clients {
  readonly admin: Admin;
  readonly producer: Producer;
  readonly records: Consumer;
  readonly offsets: Consumer;
}

/** Imports the client, which takes its time and is not needed elsewhere; connections follow with the first question. */
async function openClients(brokers: readonly string[]): Promise<Clients> {
  const kafka = await import("@platformatic/kafka");
  const asked = {
    clientId: "billai",
    bootstrapBrokers: [...brokers],
    connectTimeout: 1000,
    requestTimeout: limits.eventLogAnswerMsMax,
    retryDelay: 100,
  };
  return {
    admin: new kafka.Admin({ ...asked, retries: 1 }),
    producer: new kafka.Producer({ ...asked, idempotent: true, compression: "lz4", retries: 5 }),
    records: new kafka.Consumer({ ...asked, groupId: "billai", retries: 0 }),
    offsets: new kafka.Consumer({ ...asked, groupId: "billai", retries: 0 }),
  };
}

/** Stands for whichever broker is asked while the log is opened. */
const opening = -1;

/** Says once that a broker that is needed is away, and once that all of them are back. */
class Presence {
  readonly place: string;
  readonly #say: (line: string) => void;
  readonly #away = new Set<number>();

  constructor(brokers: readonly string[], say: (line: string) => void) {
    this.place = `The event log at ${brokers.join(", ")}`;
    this.#say = say;
  }

  note(broker: number, failure: unknown): void {
    const before = this.#away.size;
    if (failure === null) this.#away.delete(broker);
    else this.#away.add(broker);
    if (before === 0 && failure !== null)
      this.#say(`${this.place} is away (${reasonOf(failure)}); trying again`);
    if (before > 0 && this.#away.size === 0) this.#say(`${this.place} is back`);
  }
}
