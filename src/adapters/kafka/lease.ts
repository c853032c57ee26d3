import { assert } from "../../errors.ts";

/** The times a group counts with, in milliseconds. */
export interface GroupTimes {
  /** A member the group has not heard of for so long is out. */
  readonly sessionMs: number;
  /** How often a member is heard of. */
  readonly heartbeatMs: number;
  /** How long the group waits for members to take part in a change. */
  readonly rebalanceMs: number;
}

/**
 * Until when the group cannot have given away what a member holds. It counts from when a question that was answered
 * was sent, by a clock that goes on while the process is stopped; once over, no answer that comes late prolongs it.
 */
export class Lease {
  readonly #times: GroupTimes;
  readonly #now: () => number;
  readonly #lost = Promise.withResolvers<string>();
  #state: "before" | "held" | "lost" = "before";
  #end = 0;
  #heardAt = 0;
  /** When the group was last known to wait for nobody. */
  #settledAt = 0;
  #timer: Timer | null = null;

  constructor(times: GroupTimes, now: () => number = () => performance.now()) {
    this.#times = times;
    this.#now = now;
  }

  /** Resolves with the reason when it is over. */
  get lost(): Promise<string> {
    return this.#lost.promise;
  }

  /** Also false before it begins. */
  get isCurrent(): boolean {
    return this.#state === "held" && this.#now() < this.#end;
  }

  get isLost(): boolean {
    return this.#state === "lost" || (this.#state === "held" && !this.isCurrent);
  }

  begin(sentAt: number): void {
    assert(this.#state === "before", "a lease begins once");
    this.#state = "held";
    this.#prolong(sentAt, true);
    this.#watch();
  }

  /**
   * Notes that a question sent at `sentAt` was answered. While the group waits for its members to take part in a
   * change, it is not `settled`: being heard of is then not enough for ever.
   */
  renew(sentAt: number, settled: boolean): void {
    if (this.#state !== "held") return;
    if (this.isCurrent) this.#prolong(sentAt, settled);
    else this.lose("not heard of within the session's time");
  }

  /** How long the group has not been heard of. */
  get silentMs(): number {
    return this.#now() - this.#heardAt;
  }

  /** Holds on for so long after `askedAt`, when nobody else had taken what is held, however silent the group is. */
  bridge(askedAt: number, ms: number): void {
    if (this.isCurrent) this.#end = Math.max(this.#end, askedAt + ms);
  }

  /** Ends it. */
  lose(reason: string): void {
    this.#state = "lost";
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#lost.resolve(reason);
  }

  #prolong(sentAt: number, settled: boolean): void {
    this.#heardAt = Math.max(this.#heardAt, sentAt);
    if (settled) this.#settledAt = Math.max(this.#settledAt, sentAt);
    const end = Math.min(sentAt + this.#times.sessionMs, this.#settledAt + this.#times.rebalanceMs);
    this.#end = Math.max(this.#end, end);
  }

  #watch(): void {
    this.#timer = setTimeout(
      () => {
        if (this.isCurrent) this.#watch();
        else this.lose("not heard of within the session's time");
      },
      Math.max(1, this.#end - this.#now()),
    );
  }
}
