const KEPT = 200;

/** What happened, as one number and the last lines of it. */
export class Trace {
  #hash = 0x811c9dc5;
  readonly #lines: string[] = [];
  step = 0;

  /** Takes a line in; order counts. */
  note(line: string): void {
    let hash = this.#hash;
    for (let i = 0; i < line.length; i++) hash = Math.imul(hash ^ line.charCodeAt(i), 0x01000193);
    this.#hash = Math.imul(hash ^ this.step, 0x01000193);
    this.#lines.push(`${this.step} ${line}`);
    if (this.#lines.length >= 2 * KEPT) this.#lines.splice(0, KEPT);
  }

  /** Equal for equal runs (FNV-1a). */
  get hash(): string {
    return (this.#hash >>> 0).toString(16).padStart(8, "0");
  }

  /** The last lines. */
  last(count: number): readonly string[] {
    return this.#lines.slice(-count);
  }
}
