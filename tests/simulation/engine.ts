import { BillingError } from "../../src/errors.ts";
import type { Owner, Scheduler } from "./scheduler.ts";

/** How often each thing goes wrong, from 0 to 1. */
export interface FaultRates {
  /** Not done, and the caller is told that it may be. */
  readonly lost: number;
  /** Done, and the caller is told that it may not be. */
  readonly answerLost: number;
  /** The caller is told that it may not be, and then it is done. */
  readonly doneLate: number;
  /** Done, and the answer comes much later. */
  readonly answerLate: number;
  /** A call of a process that dies is done nevertheless. */
  readonly doneAfterDeath: number;
}

export interface Call<T> {
  readonly effect: () => Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
}

/** One engine behind ports: the store, the log or the ledger. It may be away, and answers when the scheduler wants. */
export class Engine {
  isAway = false;
  readonly name: string;
  rates: FaultRates;
  readonly #scheduler: Scheduler;

  constructor(name: string, scheduler: Scheduler, rates: FaultRates) {
    this.name = name;
    this.#scheduler = scheduler;
    this.rates = rates;
  }

  /** A port as one process sees it. @param writes the methods that change something */
  port<P extends object>(owner: Owner, direct: P, writes: readonly (keyof P)[]): P {
    const seen = { ...direct };
    for (const [name, method] of Object.entries(direct) as [
      keyof P,
      (...args: unknown[]) => Promise<unknown>,
    ][]) {
      if (typeof method !== "function") continue;
      const isWrite = writes.includes(name);
      const call = (...args: unknown[]) =>
        this.call(owner, String(name), isWrite, () => method.apply(direct, args));
      Object.assign(seen, { [name]: call });
    }
    return seen;
  }

  call<T>(owner: Owner, name: string, isWrite: boolean, effect: () => Promise<T>): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    this.submit(owner, name, isWrite, () => ({ effect, resolve, reject }));
    return promise;
  }

  /** One call; what it does, it does at one moment. @param take which it is, asked once it is its turn */
  submit<T>(owner: Owner, name: string, isWrite: boolean, take: () => Call<T>): void {
    const scheduler = this.#scheduler;
    const { random } = scheduler;
    scheduler.later(owner, `${this.name}.${name}`, () => {
      const { rates } = this;
      const { effect, resolve, reject } = take();
      if (!owner.alive) {
        if (isWrite && !this.isAway && random.chance(rates.doneAfterDeath)) this.#ghost(name, effect);
        return;
      }
      if (this.isAway || random.chance(rates.lost)) return reject(this.#away("lost"));
      if (isWrite && random.chance(rates.answerLost)) {
        this.#ghost(name, effect);
        return reject(this.#away("answer lost"));
      }
      if (isWrite && random.chance(rates.doneLate)) {
        scheduler.later(owner, `${this.name}.${name} late`, () => this.#ghost(name, effect));
        return reject(this.#away("done late"));
      }
      const done = effect();
      if (!random.chance(rates.answerLate)) return done.then(resolve, reject);
      done.then(
        (value) => this.#answer(owner, name, () => resolve(value)),
        (error: unknown) => this.#answer(owner, name, () => reject(error)),
      );
    });
  }

  #answer(owner: Owner, name: string, tell: () => void): void {
    this.#scheduler.later(owner, `${this.name}.${name} answers`, () => owner.alive && tell());
  }

  /** Done without anybody who would hear of it. */
  #ghost(name: string, effect: () => Promise<unknown>): void {
    this.#scheduler.trace.note(`${name} unheard`);
    effect().catch(() => {});
  }

  #away(how: string): BillingError {
    this.#scheduler.trace.note(how);
    const error = new BillingError("DEP_001", `The ${this.name} is away`);
    error.cause = how;
    return error;
  }
}
