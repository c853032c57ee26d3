import { assert } from "../../errors.ts";
import { limits } from "../../limits.ts";
import type { Membership } from "../../ports/membership.ts";
import { reasonOf } from "./away.ts";
import type { Kafka } from "./group_calls.ts";
import type { GroupTimes } from "./lease.ts";
import { Member } from "./member.ts";
import { retryMs } from "./reader.ts";
import { Telling } from "./telling.ts";
import { eventsTopic } from "./topics.ts";

/** The processes of one deployment. */
const shardsGroup = "billai.shards";

/** How to open it; group, topic and times are for tests to choose. */
export interface KafkaMembershipOptions {
  /** `host:port` of some brokers of the cluster; the others are found through them. */
  readonly brokers: readonly string[];
  /** Of the event log's topic. All processes of a group must be told the same number. */
  readonly partitions: number;
  readonly group?: string;
  readonly topic?: string;
  readonly times?: GroupTimes;
  /** Told when the brokers go away and are back, and when this process is out, as one line. */
  readonly say: (line: string) => void;
}

/**
 * A membership in a consumer group of Kafka or Redpanda, used for nothing but to share partitions out: nothing is
 * read through it and no offset is kept in it. Reaches for no broker before `join`.
 */
export async function openKafkaMembership(options: KafkaMembershipOptions): Promise<Membership> {
  return new KafkaMembership(await import("@platformatic/kafka"), options);
}

const defaultTimes: GroupTimes = {
  sessionMs: limits.groupSessionMs,
  heartbeatMs: limits.groupHeartbeatMs,
  rebalanceMs: limits.groupRebalanceMs,
};

class KafkaMembership implements Membership {
  readonly #kafka: Kafka;
  readonly #options: KafkaMembershipOptions;
  readonly #times: GroupTimes;
  readonly #place: string;
  readonly #joined = Promise.withResolvers<void>();
  readonly #left = Promise.withResolvers<void>();
  #telling: Telling | null = null;
  #isStillOurs: (partitions: readonly number[]) => Promise<boolean> = async () => false;
  #member: Member | null = null;
  #isLeaving = false;
  #isAway = false;

  constructor(kafka: Kafka, options: KafkaMembershipOptions) {
    this.#kafka = kafka;
    this.#options = options;
    this.#times = options.times ?? defaultTimes;
    this.#place = `The group of shards at ${options.brokers.join(", ")}`;
  }

  join(
    assigned: (partitions: readonly number[]) => Promise<void>,
    isStillOurs: (partitions: readonly number[]) => Promise<boolean> = async () => false,
  ): Promise<void> {
    assert(this.#telling === null && !this.#isLeaving, "a process joins once");
    this.#isStillOurs = isStillOurs;
    this.#telling = new Telling(assigned, (error) => this.#onFailedOwner(error));
    this.#live(this.#telling).finally(() => this.#left.resolve());
    return this.#joined.promise;
  }

  async leave(): Promise<void> {
    this.#isLeaving = true;
    if (this.#telling === null) return;
    await this.#telling.tell([]);
    this.#member?.lose("leaving");
    this.#joined.resolve();
    await this.#left.promise;
  }

  isCurrent(): boolean {
    return this.#member?.isCurrent ?? false;
  }

  rejoin(): void {
    if (!this.#isLeaving) this.#member?.lose("asked to join anew");
  }

  /** One life in the group after the other. Between two of them the owner holds nothing. */
  async #live(telling: Telling): Promise<void> {
    for (let shortLives = 0; !this.#isLeaving; ) {
      const bornAt = performance.now();
      this.#member = this.#newMember(telling);
      const reason = await this.#member.live();
      if (!this.#isLeaving) {
        this.#options.say(`This process is out of the group of shards (${reason}); joining again`);
      }
      await telling.tell([]);
      await this.#member.depart();
      shortLives = performance.now() - bornAt < this.#times.sessionMs ? shortLives + 1 : 0;
      // Whoever is out again and again must not keep the others from working.
      if (shortLives > 1 && !this.#isLeaving) await Bun.sleep(retryMs(shortLives));
    }
  }

  #newMember(telling: Telling): Member {
    const { brokers, partitions, group = shardsGroup, topic = eventsTopic } = this.#options;
    return new Member({
      kafka: this.#kafka,
      brokers,
      partitions,
      group,
      topic,
      times: this.#times,
      onAssigned: async (assigned) => {
        if (this.#isLeaving) return new Promise<void>(() => {}); // it takes nothing over, and has let go of all
        await telling.tell(assigned);
        this.#joined.resolve();
      },
      isStillOurs: this.#isStillOurs,
      onOutcome: (failure) => this.#noteOutcome(failure),
    });
  }

  #onFailedOwner(error: unknown): void {
    this.#options.say(`What the group of shards gave was not taken over (${error})`);
    this.#member?.lose("it could not own what it was given");
  }

  #noteOutcome(failure: unknown): void {
    const isAway = failure !== null;
    if (isAway === this.#isAway) return;
    this.#isAway = isAway;
    this.#options.say(
      isAway ? `${this.#place} is away (${reasonOf(failure)}); trying again` : `${this.#place} is back`,
    );
  }
}
