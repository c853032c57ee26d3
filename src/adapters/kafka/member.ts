import { limits } from "../../limits.ts";
import { assign, type Claim } from "./assignment.ts";
import { within } from "./away.ts";
import { GroupCalls, type Joined, type Kafka, verdictOf } from "./group_calls.ts";
import { type GroupTimes, Lease } from "./lease.ts";
import { retryMs } from "./reader.ts";

export interface MemberDeps {
  readonly kafka: Kafka;
  readonly brokers: readonly string[];
  readonly group: string;
  readonly topic: string;
  readonly partitions: number;
  readonly times: GroupTimes;
  /** Told what this member is to own; resolves once its owner is done with that set or a newer one. */
  readonly onAssigned: (partitions: readonly number[]) => Promise<void>;
  /** Asks the store whether nobody else has claimed these. */
  readonly isStillOurs: (partitions: readonly number[]) => Promise<boolean>;
  /** Told how asking the coordinator went; null after a success. */
  readonly onOutcome: (failure: unknown) => void;
}

/** The version of Kafka's subscriptions that has all we say in one: what is claimed, and since when. */
const subscriptionVersion = 2;
const assignmentVersion = 0;

/**
 * One life in the group, from joining to being out. What it holds it claims whenever it joins again, and so keeps it
 * while the group changes; what it is to give up it claims until its owner has let it go.
 */
export class Member {
  readonly #deps: MemberDeps;
  readonly #lease: Lease;
  /** For what waits until other members have answered as well. */
  readonly #calls: GroupCalls;
  /** For what must not wait behind that. */
  readonly #beats: GroupCalls;
  #id = "";
  #generation = -1;
  /** What its owner may be using. */
  #held: readonly number[] = [];
  #assigned: readonly number[] = [];
  #isJoining = false;
  /** Resolves when it has to join again. */
  #change = Promise.withResolvers<void>();

  constructor(deps: MemberDeps) {
    const { kafka, brokers, group, times } = deps;
    this.#deps = deps;
    this.#lease = new Lease(times);
    this.#calls = new GroupCalls(kafka, brokers, group, times.rebalanceMs + times.sessionMs);
    this.#beats = new GroupCalls(kafka, brokers, group, Math.max(times.heartbeatMs, times.sessionMs / 3));
  }

  get isCurrent(): boolean {
    return this.#lease.isCurrent;
  }

  /** Is out from now on, whatever is under way. */
  lose(reason: string): void {
    this.#lease.lose(reason);
  }

  /** Joins and stays. Resolves with the reason when it is out. Never rejects. */
  async live(): Promise<string> {
    this.#stay();
    const reason = await this.#lease.lost;
    this.#change.resolve();
    return reason;
  }

  /** Tells the group that it is out, so that nobody waits for its session to end, and closes its connections. */
  async depart(): Promise<void> {
    if (this.#id !== "") {
      await within(limits.groupLeaveMsMax, this.#beats.leave(this.#id)).catch(() => {}); // the session ends anyway
    }
    this.#calls.close();
    this.#beats.close();
  }

  async #stay(): Promise<void> {
    while (!this.#lease.isLost) {
      const assigned = await this.#joinAgain();
      if (this.#lease.isLost || assigned === null) return;
      this.#take(assigned);
      await this.#change.promise;
    }
  }

  /** Holds what it got, and lets go of the rest once its owner has. */
  #take(assigned: readonly number[]): void {
    this.#assigned = assigned;
    this.#held = [...new Set([...this.#held, ...assigned])].sort((a, b) => a - b);
    const told = this.#deps.onAssigned(assigned);
    if (this.#held.length > assigned.length) told.then(() => this.#letGo(assigned));
  }

  #letGo(assigned: readonly number[]): void {
    if (this.#assigned !== assigned) return; // a newer set was told, which may name it again
    this.#held = assigned;
    this.#change.resolve();
  }

  /** What it is to own after the next change of the group; null when it is out. */
  async #joinAgain(): Promise<readonly number[] | null> {
    this.#isJoining = true;
    for (let failures = 0; !this.#lease.isLost; ) {
      this.#change = Promise.withResolvers(); // what it says from here on counts for the next time
      try {
        const assigned = await this.#joinOnce();
        this.#isJoining = false;
        return assigned;
      } catch (error) {
        if (this.#lease.isLost) break;
        const about = verdictOf(error);
        if (about?.verdict === "named") this.#id = about.memberId;
        else if (about?.verdict === "unknown") this.lose("the group no longer knew it");
        else if (about?.verdict !== "rebalancing") {
          failures++;
          this.#deps.onOutcome(error);
          await Promise.race([Bun.sleep(retryMs(failures)), this.#lease.lost]);
        }
      }
    }
    return null;
  }

  async #joinOnce(): Promise<readonly number[]> {
    const { topic, times, onOutcome } = this.#deps;
    const { encodeConsumerProtocolSubscription, decodeConsumerProtocolAssignment } = this.#deps.kafka;
    const subscription = encodeConsumerProtocolSubscription({
      version: subscriptionVersion,
      topics: [topic],
      ownedPartitions: [{ topic, partitions: [...this.#held] }],
      generationId: this.#generation,
    });
    const joined = await this.#calls.join(this.#id, subscription, times);
    const isFirst = this.#generation < 0;
    this.#id = joined.memberId;
    this.#generation = joined.generationId;
    const sentAt = performance.now();
    if (isFirst && !this.#lease.isLost) {
      this.#lease.begin(sentAt);
      this.#beat();
      this.#bridge();
    }
    const shares = joined.leader === joined.memberId ? this.#share(joined) : [];
    const answer = await this.#calls.sync({ id: this.#id, generation: this.#generation }, shares);
    this.#lease.renew(sentAt, true);
    onOutcome(null);
    const { assignedPartitions } = decodeConsumerProtocolAssignment(answer);
    return assignedPartitions.flatMap(({ partitions }) => partitions).sort((a, b) => a - b);
  }

  /** As the leader: what every member gets. */
  #share({ members }: Joined): { memberId: string; assignment: Buffer }[] {
    const { topic, partitions, kafka } = this.#deps;
    const claims = members.map(({ memberId, metadata }): Claim => {
      const said = kafka.decodeConsumerProtocolSubscription(metadata ?? Buffer.alloc(0));
      const claimed = said.ownedPartitions.filter((owned) => owned.topic === topic);
      return {
        id: memberId,
        generation: said.generationId,
        partitions: claimed.flatMap((owned) => owned.partitions),
      };
    });
    return [...assign(claims, partitions)].map(([memberId, share]) => {
      const assignedPartitions = [{ topic, partitions: share }];
      const assignment = kafka.encodeConsumerProtocolAssignment({
        version: assignmentVersion,
        assignedPartitions,
      });
      return { memberId, assignment };
    });
  }

  /** Lets the group hear of it, as long as it belongs. */
  async #beat(): Promise<void> {
    for (;;) {
      await Promise.race([Bun.sleep(this.#deps.times.heartbeatMs), this.#lease.lost]);
      if (this.#lease.isLost) return;
      await this.#beatOnce();
    }
  }

  /** While the group is silent the store says whether anybody else has what is held here: nobody takes over without it. */
  async #bridge(): Promise<void> {
    const { heartbeatMs, sessionMs } = this.#deps.times;
    for (;;) {
      await Promise.race([Bun.sleep(heartbeatMs), this.#lease.lost]);
      if (this.#lease.isLost) return;
      if (this.#lease.silentMs < sessionMs / 2) continue;
      const askedAt = performance.now();
      const isOurs = await within(sessionMs / 5, this.#deps.isStillOurs(this.#held)).catch(() => false);
      if (isOurs) this.#lease.bridge(askedAt, sessionMs / 4);
    }
  }

  async #beatOnce(): Promise<void> {
    const sentAt = performance.now();
    const generation = this.#generation;
    try {
      await this.#beats.heartbeat({ id: this.#id, generation });
      this.#lease.renew(sentAt, true);
      this.#deps.onOutcome(null);
    } catch (error) {
      if (this.#lease.isLost) return;
      const about = verdictOf(error);
      // While it joins, the coordinator may be ahead of what it has been told.
      const isNews = !this.#isJoining && generation === this.#generation;
      if (about === null) this.#deps.onOutcome(error);
      else if (about.verdict === "rebalancing") {
        this.#lease.renew(sentAt, false);
        if (isNews) this.#change.resolve();
      } else if (about.verdict === "unknown" || isNews) this.lose("the group no longer knew it");
    }
  }
}
