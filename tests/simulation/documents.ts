import { listPage } from "../../src/adapters/memory/list_page.ts";
import type { Document, Documents, ResolvedCustomer } from "../../src/ports/documents.ts";
import type { DocumentRow } from "../../src/ports/stored_rows.ts";
import type { Tables } from "./stored.ts";

const bodies = new WeakMap<DocumentRow, Record<string, unknown>>();

/** What a document says; read once. */
export function bodyOf(row: DocumentRow): Record<string, unknown> {
  const known = bodies.get(row);
  if (known !== undefined) return known;
  const body = JSON.parse(row.body) as Record<string, unknown>;
  bodies.set(row, body);
  return body;
}

/** What the shard and the auditor read of documents; the rest nobody asks for here. */
export function memoryDocuments(tables: Tables): Documents {
  const of = (companyId: string, table: DocumentRow["table"]): DocumentRow[] =>
    [...tables.documents.values()].filter((row) => row.companyId === companyId && row.table === table);
  const documentOf = (row: DocumentRow): Document => {
    return { id: row.id, createdAt: row.createdAt, body: bodyOf(row) };
  };
  return {
    get: async (companyId, table, id) => {
      const row = of(companyId, table).find((one) => one.id === id);
      return row === undefined ? null : documentOf(row);
    },
    list: async (companyId, table, page) =>
      listPage(of(companyId, table), page, { customer_id: (row) => row.customerId }).map(documentOf),
    getOrphan: async (companyId, id) => tables.orphans.get(`${companyId}|${id}`) ?? null,
    listOrphans: async () => [],
    resolveCustomers: async (companyId, refs) => {
      const found = new Map<string, ResolvedCustomer>();
      for (const row of of(companyId, "customers")) {
        const { external_id, test_clock_id = null } = bodyOf(row);
        for (const ref of refs)
          if (ref === row.id || ref === external_id)
            found.set(ref, { id: row.id, testClockId: test_clock_id as string | null });
      }
      return found;
    },
    usageBetween: async () => [],
    usageEvent: async () => null,
  };
}
