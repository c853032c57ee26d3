import type { Instant } from "../time/instant.ts";

/** The only way to learn the time: test clocks, simulation and replay depend on nobody reading it elsewhere. */
export interface Clock {
  now(): Instant;
}
