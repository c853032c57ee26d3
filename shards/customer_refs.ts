import { limits } from "../src/limits.ts";
import type { Documents, ResolvedCustomer } from "../src/ports/documents.ts";

/** Whom the callers' names for customers mean: ids and external ids never change once set, so hits are kept. */
export class CustomerRefs {
  readonly #known = new Map<string, ResolvedCustomer>();
  readonly #documents: Documents;

  constructor(documents: Documents) {
    this.#documents = documents;
  }

  /** Whom a name means, where that is known without asking; else null. */
  known(companyId: string, ref: string): ResolvedCustomer | null {
    return this.#known.get(`${companyId}|${ref}`) ?? null;
  }

  /** Resolves ids and external ids; unknown ones are missing in the answer and asked for again next time. */
  async resolve(companyId: string, refs: readonly string[]): Promise<Map<string, ResolvedCustomer>> {
    const found = new Map<string, ResolvedCustomer>();
    const missing: string[] = [];
    for (const ref of refs) {
      const known = this.#known.get(`${companyId}|${ref}`);
      if (known === undefined) missing.push(ref);
      else found.set(ref, known);
    }
    if (missing.length === 0) return found;
    for (const [ref, customer] of await this.#documents.resolveCustomers(companyId, missing)) {
      this.#remember(`${companyId}|${ref}`, customer);
      found.set(ref, customer);
    }
    return found;
  }

  #remember(key: string, customer: ResolvedCustomer): void {
    this.#known.set(key, customer);
    if (this.#known.size <= limits.customerRefsMax) return;
    const oldest = this.#known.keys().next();
    if (!oldest.done) this.#known.delete(oldest.value);
  }
}
