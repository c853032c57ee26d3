import { limits } from "../src/limits.ts";
import type { Documents, ResolvedCustomer } from "../src/ports/documents.ts";

/** Whom the callers' names for customers mean: ids and external ids never change once set, so hits are kept. */
export class CustomerRefs {
  /** By company, then by name. */
  readonly #known = new Map<string, Map<string, ResolvedCustomer>>();
  #size = 0;
  readonly #documents: Documents;

  constructor(documents: Documents) {
    this.#documents = documents;
  }

  /** Whom a name means, where that is known without asking; else null. */
  known(companyId: string, ref: string): ResolvedCustomer | null {
    return this.#known.get(companyId)?.get(ref) ?? null;
  }

  /** Resolves ids and external ids; unknown ones are missing in the answer and asked for again next time. */
  async resolve(companyId: string, refs: readonly string[]): Promise<Map<string, ResolvedCustomer>> {
    const found = new Map<string, ResolvedCustomer>();
    const missing: string[] = [];
    for (const ref of refs) {
      const known = this.known(companyId, ref);
      if (known === null) missing.push(ref);
      else found.set(ref, known);
    }
    if (missing.length === 0) return found;
    for (const [ref, customer] of await this.#documents.resolveCustomers(companyId, missing)) {
      this.#remember(companyId, ref, customer);
      found.set(ref, customer);
    }
    return found;
  }

  #remember(companyId: string, ref: string, customer: ResolvedCustomer): void {
    const company = this.#known.get(companyId) ?? new Map<string, ResolvedCustomer>();
    this.#known.set(companyId, company);
    this.#size -= company.size;
    company.set(ref, customer);
    this.#size += company.size;
    if (this.#size <= limits.customerRefsMax) return;
    const oldest = company.keys().next(); // of whoever needs the room
    if (oldest.done) return;
    company.delete(oldest.value);
    this.#size -= 1;
  }
}
