/** One thing an operator should know of what the program stands on. */
export interface Finding {
  /** `fail`: it cannot be relied on as it is; `warn`: it can, but something is to be done. */
  readonly state: "ok" | "warn" | "fail";
  /** What was found, one line. */
  readonly text: string;
  /** What to do about it; null where nothing is. */
  readonly advice: string | null;
}

/** Looks at one thing, changing nothing; what it throws is a failure. */
export type Probe = () => Promise<readonly Finding[]>;

/** Nothing to do. */
export function fine(text: string): Finding {
  return { state: "ok", text, advice: null };
}

/** Something to do. */
export function wanting(state: "warn" | "fail", text: string, advice: string): Finding {
  return { state, text, advice };
}
