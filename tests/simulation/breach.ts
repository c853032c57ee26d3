/** Something is not as it must be. */
export class Breach extends Error {
  override readonly name = "Breach";
}

/** Throws the breach unless it holds. */
export function must(holds: boolean, breach: () => string): asserts holds {
  if (!holds) throw new Breach(breach());
}
