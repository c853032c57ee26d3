import type { Instant } from "../time/instant.ts";
import type { ListPage } from "./documents.ts";
import type { StoredAnswer } from "./stored_rows.ts";

/** A test clock as stored; `target` is set while an advance is under way. */
export interface TestClock {
  readonly id: string;
  readonly company_id: string;
  readonly name: string;
  readonly now: Instant;
  readonly target: Instant | null;
  readonly created_at: Instant;
}

/** Test clocks and the advance under way on each: a stored task that survives a crash. */
export interface ClockStore {
  create(clock: TestClock, answer: StoredAnswer | null): Promise<void>;
  get(companyId: string, id: string): Promise<TestClock | null>;
  list(companyId: string, page: ListPage): Promise<TestClock[]>;
  /** Every company's clocks. */
  all(): Promise<TestClock[]>;
  /** Stores the target. Throws RES_002 while an advance to another instant is under way. */
  beginAdvance(companyId: string, id: string, to: Instant): Promise<void>;
  /** Moves the clock on the way to its target, never back. */
  step(companyId: string, id: string, now: Instant): Promise<void>;
  /** The advance to `now` is done: the clock stands there, with no target. Nothing where it has been finished already. */
  finish(companyId: string, id: string, now: Instant): Promise<void>;
}
