import type { DecisionContext } from "../../actors/actor.ts";
import { checkUsage } from "../../actors/customer/check.ts";
import type { RecordUsage } from "../../actors/customer/commands.ts";
import { step } from "../../actors/customer/step.ts";
import type { Directory, LiveActor } from "../../shards/directory.ts";
import { ONE } from "../../src/money/decimal.ts";
import { cpuMs } from "../machine.ts";
import { idOfClone } from "./clones.ts";

/** What the actors are asked in, and how many they are. */
export interface Around extends DecisionContext {
  readonly companyId: string;
  readonly size: number;
}

/** Events to all actors, far apart, so that caches help no more than with real ones. */
export class ActorSide {
  readonly #directory: Directory;
  readonly #around: Around;
  #next = 0;

  constructor(directory: Directory, around: Around) {
    this.#directory = directory;
    this.#around = around;
  }

  /** Nanoseconds of one event, decided and evolved. */
  steps(count: number): number {
    const startedAt = cpuMs();
    for (let i = 0; i < count; i++) {
      const { facts } = step(this.#actor().state, this.#event(), this.#around);
      if (facts.length !== 1) throw new Error(`an event made ${facts.length} facts`);
    }
    return ((cpuMs() - startedAt) / count) * 1e6;
  }

  /** Nanoseconds of one question, whether an event may happen. */
  checks(count: number): number {
    const { now } = this.#around;
    const question = { eventType: "work", subscriptionRef: null, properties: { n: 5, model: "large" } };
    const startedAt = cpuMs();
    for (let i = 0; i < count; i++) {
      const { allowed } = checkUsage(this.#actor().state, question, this.#around);
      if (!allowed || now === 0) throw new Error("a check was refused");
    }
    return ((cpuMs() - startedAt) / count) * 1e6;
  }

  #actor(): LiveActor {
    const { companyId, size } = this.#around;
    const actor = this.#directory.get({ companyId, customerId: idOfClone((this.#next++ * 49_999) % size) });
    if (actor === undefined) throw new Error("a customer is not live");
    return actor;
  }

  #event(): RecordUsage {
    return {
      type: "record_usage",
      eventId: `e-${this.#next}`,
      source: "",
      eventType: "work",
      subscriptionRef: null,
      occurredAt: this.#around.now,
      properties: { n: (this.#next % 97) + 1, model: "large" },
      times: ONE,
    };
  }
}
