import type { API, Base, Broker, Connection } from "@platformatic/kafka";
import { limits } from "../../limits.ts";
import { away, errorsWithin, within } from "./away.ts";
import type { GroupTimes } from "./lease.ts";

/** The client's package, which is imported only where there are brokers. */
export type Kafka = typeof import("@platformatic/kafka");

/** What the coordinator may say of a member, beside that all is well. */
export type Verdict = "named" | "unknown" | "outdated" | "rebalancing";

const verdicts: Readonly<Record<string, Verdict>> = {
  MEMBER_ID_REQUIRED: "named",
  UNKNOWN_MEMBER_ID: "unknown",
  FENCED_INSTANCE_ID: "unknown",
  ILLEGAL_GENERATION: "outdated",
  REBALANCE_IN_PROGRESS: "rebalancing",
};

/** What an error says of the member, and the name it was given; null where it is about something else. */
export function verdictOf(error: unknown): { verdict: Verdict; memberId: string } | null {
  for (const each of errorsWithin(error)) {
    const { apiId, memberId } = each as Error & { apiId?: string; memberId?: string };
    const verdict = apiId === undefined ? undefined : verdicts[apiId];
    if (verdict !== undefined) return { verdict, memberId: memberId ?? "" };
  }
  return null;
}

/** Kafka's names for the kind of group, and of our way to share partitions out: members that differ cannot meet. */
const protocolType = "consumer";
const protocol = "billai-1";
const groupKey = 0;

/** A member as the coordinator knows it. */
export interface MemberRef {
  readonly id: string;
  readonly generation: number;
}

/** An answer to a request to join. Only the leader is told of the others. */
export interface Joined {
  readonly memberId: string;
  readonly generationId: number;
  readonly leader: string;
  readonly members: readonly { readonly memberId: string; readonly metadata: Buffer | null }[];
}

/**
 * Questions to the coordinator of one group, whichever broker that is, on a connection of their own: a broker
 * answers those of one connection in turn, and a request to join may wait there for long. None is tried again.
 */
export class GroupCalls {
  readonly #kafka: Kafka;
  readonly #base: Base;
  readonly #group: string;
  #coordinator: Broker | null = null;

  /** Gives up on an answer after `answerMsMax`. */
  constructor(kafka: Kafka, brokers: readonly string[], group: string, answerMsMax: number) {
    this.#kafka = kafka;
    this.#group = group;
    this.#base = new kafka.Base({
      clientId: "billai",
      bootstrapBrokers: [...brokers],
      connectTimeout: 1000,
      requestTimeout: answerMsMax,
      retries: 0,
    });
    // What breaks is told by the calls it breaks; an event that nobody hears would end the process.
    this.#base.connections.on("connecting", ({ connection }) => connection.on("error", () => {}));
  }

  /** Joins or joins again; answers when all members have, which takes as long as the slowest. */
  join(id: string, metadata: Buffer, { sessionMs, rebalanceMs }: GroupTimes): Promise<Joined> {
    const protocols = [{ name: protocol, metadata }];
    return this.#ask("JoinGroup", sessionMs, rebalanceMs, id, null, protocolType, protocols, "");
  }

  /** Answers what the leader gave this member; the leader sends what it gives to all. */
  async sync(
    { id, generation }: MemberRef,
    assignments: readonly { readonly memberId: string; readonly assignment: Buffer }[],
  ): Promise<Buffer> {
    const about = [generation, id, null, protocolType, protocol];
    const { assignment } = await this.#ask<{ assignment: Buffer }>("SyncGroup", ...about, assignments);
    return assignment;
  }

  async heartbeat({ id, generation }: MemberRef): Promise<void> {
    await this.#ask("Heartbeat", generation, id, null);
  }

  async leave(memberId: string): Promise<void> {
    await this.#ask("LeaveGroup", [{ memberId, groupInstanceId: null, reason: null }]);
  }

  /** Ends the connection; what is under way rejects. */
  close(): void {
    this.#base.close().catch(() => {});
  }

  async #ask<Answer>(name: string, ...question: readonly unknown[]): Promise<Answer> {
    try {
      const broker = this.#coordinator ?? (await within(limits.eventLogAnswerMsMax, this.#find()));
      this.#coordinator = broker;
      const connection = await called<Connection>((done) =>
        this.#base[this.#kafka.kGetConnection](broker, done),
      );
      return await this.#send<Answer>(connection, name, this.#group, ...question);
    } catch (error) {
      if (verdictOf(error) === null) this.#coordinator = null; // it may be another by now
      throw error;
    }
  }

  async #find(): Promise<Broker> {
    const connection = await called<Connection>((done) =>
      this.#base[this.#kafka.kGetBootstrapConnection](done),
    );
    const question = ["FindCoordinator", groupKey, [this.#group]] as const;
    const { coordinators } = await this.#send<{ coordinators: Broker[] }>(connection, ...question);
    const [coordinator] = coordinators;
    if (coordinator === undefined || coordinator.port < 0) throw away("the group has no coordinator");
    return { host: coordinator.host, port: coordinator.port };
  }

  /** Sends a question of the protocol by its name, in the newest version both sides know. */
  async #send<Answer>(
    connection: Connection,
    name: string,
    ...question: readonly unknown[]
  ): Promise<Answer> {
    const api = await called<API<unknown[], Answer>>((done) => this.#base[this.#kafka.kGetApi](name, done));
    return api.async(connection, ...question);
  }
}

/** The outcome of a function of the client that calls back. */
function called<T>(start: (done: (error: Error | null | undefined, value?: T) => void) => void): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  start((error, value) => (error ? reject(error) : resolve(value as T)));
  return promise;
}
