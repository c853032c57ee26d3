import type { RandomBytes } from "../../ports/random.ts";

/** The machine's cryptographic randomness. */
export const systemRandom: RandomBytes = (count) => crypto.getRandomValues(new Uint8Array(count));
