import { randomUUID } from "node:crypto";
import { type Invoice, invoiceNumber } from "../src/invoicing/invoice.ts";
import { type Instant, parseInstant } from "../src/time/instant.ts";

/** An invoice that is issued and waits for its number. */
export interface Unnumbered {
  readonly companyId: string;
  /** What the company's numbers begin with. */
  readonly prefix: string;
  readonly at: Instant;
  readonly invoice: Invoice;
}

/**
 * Numbers the invoices of a batch. All other commits of a company wait from when numbers are given until the commit
 * ends, so what shows an invoice is written before, with a mark in place of its number.
 */
export class InvoiceNumbers {
  readonly #issued: readonly Unnumbered[];
  readonly #mark = randomUUID();

  /** From here on the invoices bear their marks. */
  constructor(issued: readonly Unnumbered[]) {
    this.#issued = issued;
    for (const [i, { invoice }] of issued.entries()) invoice.number = `${this.#mark} ${i}`;
  }

  /** How many numbers each company needs. */
  get needed(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const { companyId } of this.#issued) counts.set(companyId, (counts.get(companyId) ?? 0) + 1);
    return counts;
  }

  /** Numbers the invoices in the order they were issued, from each company's first; for every attempt to commit anew. */
  give(first: ReadonlyMap<string, number>): void {
    const next = new Map(first);
    for (const { companyId, prefix, at, invoice } of this.#issued) {
      const number = next.get(companyId) ?? 0;
      next.set(companyId, number + 1);
      invoice.number = invoiceNumber(prefix, parseInstant(invoice.issued_at ?? "") ?? at, number);
    }
  }

  /** Rows with the numbers that were given in place of the marks. */
  writeIn<Row extends { readonly body: string }>(rows: readonly Row[]): readonly Row[] {
    if (this.#issued.length === 0) return rows;
    const marked = new RegExp(`"${this.#mark} (\\d+)"`);
    return rows.map((row) => {
      const found = marked.exec(row.body);
      if (found === null) return row;
      const number = JSON.stringify(this.#issued[Number(found[1])]?.invoice.number);
      return { ...row, body: row.body.replace(found[0], () => number) };
    });
  }
}
