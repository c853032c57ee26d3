/**
 * Tells an owner what to own: one call after the other, and always the newest set. A set that was overtaken while the
 * owner was busy is left out.
 */
export class Telling {
  readonly #assigned: (partitions: readonly number[]) => Promise<void>;
  /** Told of a call that rejected; what it was about counts as told. */
  readonly #onFailure: (error: unknown) => void;
  #told: readonly number[] = [];
  #newest: readonly number[] = [];
  #busy: Promise<void> | null = null;

  constructor(
    assigned: (partitions: readonly number[]) => Promise<void>,
    onFailure: (error: unknown) => void,
  ) {
    this.#assigned = assigned;
    this.#onFailure = onFailure;
  }

  /** Resolves once the owner is done with this set, or with a newer one. Never rejects. */
  tell(partitions: readonly number[]): Promise<void> {
    this.#newest = partitions;
    this.#busy ??= this.#tellNewest();
    return this.#busy;
  }

  async #tellNewest(): Promise<void> {
    await null; // sets of the same turn are one
    while (!Bun.deepEquals(this.#told, this.#newest)) {
      const next = this.#newest;
      try {
        await this.#assigned(next);
      } catch (error) {
        this.#onFailure(error);
      }
      this.#told = next;
    }
    this.#busy = null;
  }
}
