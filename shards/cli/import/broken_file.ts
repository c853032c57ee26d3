/** From this row on the file cannot be parted into rows. */
export class BrokenFile extends Error {
  /** Rows before it are sound; counted from 1 below the header. */
  readonly row: number;
  constructor(row: number, why: string) {
    super(why);
    this.row = row;
  }
}

/** No event is nearly as large; it keeps memory bounded where a quote is left open or a line never ends. */
export const rowCharactersMax = 1_048_576;
