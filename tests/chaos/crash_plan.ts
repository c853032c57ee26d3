import { type CrashAt, type CrashPoint, crashPoints } from "../../src/config.ts";
import type { Random } from "../oracle/random.ts";

/** How often a process comes to a point before it dies there, at most: some are rare, some come first of all. */
const nthMax: Partial<Record<CrashPoint, number>> = {
  "before-claim": 1,
  "in-claim": 1,
  "after-claim": 1,
  "before-load": 15,
  "after-load": 15,
  "in-snapshot": 8,
};
const nthMaxElse = 50;
/** Where the ledger is in the store there is no outbox; where it is not, the other points are what they are without. */
const outboxPoints: readonly CrashPoint[] = ["before-publish", "after-publish"];
const besideOutbox: readonly CrashPoint[] = ["in-commit", "after-commit"];

/** Where processes are to crash: always at one of the points hit least so far. */
export class CrashPlan {
  readonly hits = new Map<CrashPoint, number>();
  readonly #random: Random;
  readonly #goal: number;
  readonly #points: readonly CrashPoint[];
  /** Points processes are on their way to. */
  readonly #underWay = new Map<number, CrashPoint>();
  isOn = false;

  constructor(random: Random, goal: number, withOutbox: boolean) {
    this.#random = random;
    this.#goal = goal;
    this.#points = withOutbox
      ? [...besideOutbox, ...outboxPoints]
      : crashPoints.filter((point) => !outboxPoints.includes(point));
    for (const point of this.#points) this.hits.set(point, 0);
  }

  get isDone(): boolean {
    return this.#points.every((point) => (this.hits.get(point) ?? 0) >= this.#goal);
  }

  get total(): number {
    return [...this.hits.values()].reduce((a, b) => a + b, 0);
  }

  next(index: number): CrashAt | null {
    this.#underWay.delete(index);
    if (!this.isOn || this.isDone) return null;
    const counted = (point: CrashPoint): number =>
      (this.hits.get(point) ?? 0) + [...this.#underWay.values()].filter((other) => other === point).length;
    const least = Math.min(...this.#points.map(counted));
    const point = this.#random.pick(this.#points.filter((each) => counted(each) === least));
    this.#underWay.set(index, point);
    return { point, nth: this.#random.whole(1, nthMax[point] ?? nthMaxElse) };
  }

  hit(point: CrashPoint): void {
    this.hits.set(point, (this.hits.get(point) ?? 0) + 1);
  }
}
