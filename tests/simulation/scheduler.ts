import { drainMicrotasks } from "bun:jsc";
import type { Random } from "../oracle/random.ts";
import type { Trace } from "./trace.ts";

/** Who something is done for: once it is dead nothing more is. */
export class Owner {
  alive = true;
  /** Until this step nothing is done for it: a process that was stopped, and goes on later without knowing. */
  frozenUntil = 0;
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

interface Pending {
  readonly owner: Owner;
  readonly name: string;
  readonly run: () => void;
  /** Not before this step. */
  readonly from: number;
}

interface Timer {
  readonly id: number;
  readonly owner: Owner;
  at: number;
  /** Null for a timer that rings once. */
  readonly everyMs: number | null;
  readonly ring: () => void;
}

/** What is held back stays for so many steps at most. */
const HELD_STEPS_MAX = 250;

/**
 * The one order in which everything happens: it picks what is done next among all that could be. Between two picks
 * all that follows from the first runs to its end, so that nothing depends on the machine.
 */
export class Scheduler {
  /** Milliseconds since the beginning, never back. */
  now = 0;
  /** Whom what is running now is done for. */
  current: Owner;
  readonly trace: Trace;
  readonly random: Random;
  /** How often something pending is held back. */
  heldBack = 0;
  readonly #pending: Pending[] = [];
  readonly #timers = new Map<number, Timer>();
  #timerIds = 0;

  constructor(random: Random, trace: Trace, owner: Owner) {
    this.random = random;
    this.trace = trace;
    this.current = owner;
  }

  /** Whether there is nothing to do but wait: for a timer, or for what is held back. */
  get isIdle(): boolean {
    return this.#pending.every(({ from, owner }) => Math.max(from, owner.frozenUntil) > this.trace.step);
  }

  /** Does something at a time of the scheduler's choosing; for a dead owner too, unless `run` looks. */
  later(owner: Owner, name: string, run: () => void): void {
    const isHeld = this.heldBack > 0 && this.random.chance(this.heldBack);
    const from = isHeld ? this.trace.step + this.random.whole(1, HELD_STEPS_MAX) : 0;
    this.#pending.push({ owner, name, run, from });
  }

  addTimer(ms: number, isRepeated: boolean, ring: () => void, owner = this.current): number {
    const id = ++this.#timerIds;
    const wait = Math.max(1, ms);
    this.#timers.set(id, {
      ...{ id, owner, ring },
      at: this.now + wait,
      everyMs: isRepeated ? wait : null,
    });
    return id;
  }

  clearTimer(id: unknown): void {
    this.#timers.delete(id as number);
  }

  /** Does the next thing; false where nothing is left to do but wait for timers later than `until`. */
  step(until = Number.POSITIVE_INFINITY): boolean {
    this.trace.step++;
    this.now += this.random.whole(0, 2);
    const timer = this.#nextTimer();
    const isDue = timer !== null && timer.at <= this.now;
    const pending = isDue && this.random.chance(0.5) ? null : this.#takePending();
    if (pending !== null) {
      this.trace.note(`${pending.owner.name} ${pending.name}`);
      this.#run(pending.owner, pending.run);
      return true;
    }
    if (timer === null || timer.at > until) return false;
    this.now = Math.max(this.now, timer.at);
    this.#ring(timer);
    return true;
  }

  /** Runs it and all that follows at once. */
  #run(owner: Owner, run: () => void): void {
    this.current = owner;
    run();
    drainMicrotasks();
  }

  #ring(timer: Timer): void {
    if (timer.everyMs === null || !timer.owner.alive) this.#timers.delete(timer.id);
    else timer.at = this.now + timer.everyMs;
    if (!timer.owner.alive) return;
    this.trace.note(`${timer.owner.name} timer`);
    this.#run(timer.owner, timer.ring);
  }

  #nextTimer(): Timer | null {
    let next: Timer | null = null;
    for (const timer of this.#timers.values())
      if ((next === null || timer.at < next.at) && timer.owner.frozenUntil <= this.trace.step) next = timer;
    return next;
  }

  /** Any of what is pending; what is held back only where a few others are too. */
  #takePending(): Pending | null {
    for (let tries = 0; tries < 3 && this.#pending.length > 0; tries++) {
      const at = this.random.whole(0, this.#pending.length - 1);
      const picked = this.#pending[at];
      const last = this.#pending[this.#pending.length - 1];
      if (picked === undefined || last === undefined) continue;
      if (Math.max(picked.from, picked.owner.frozenUntil) > this.trace.step) continue;
      this.#pending[at] = last;
      this.#pending.pop();
      return picked;
    }
    return null;
  }
}

/** The outcome of a promise that needs nobody else: all it waits for is done at once. */
export function outcomeOf<T>(promise: Promise<T>): T {
  const outcome: { value?: T; error?: unknown; isDone?: boolean } = {};
  promise.then(
    (value) => Object.assign(outcome, { value, isDone: true }),
    (error: unknown) => Object.assign(outcome, { error, isDone: true }),
  );
  drainMicrotasks();
  if (outcome.isDone !== true) throw new Error("the promise waits for somebody else");
  if ("error" in outcome) throw outcome.error;
  return outcome.value as T;
}
