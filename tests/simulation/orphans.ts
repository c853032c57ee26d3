import type { OrphanStore } from "../../src/ports/orphan_store.ts";
import type { DocumentRow, OrphanRow } from "../../src/ports/stored_rows.ts";
import { bodyOf } from "./documents.ts";
import type { Tables } from "./stored.ts";

/** Orphan events in memory, as far as they are tried again; no metric is ever added. */
export function memoryOrphans(tables: Tables): Pick<OrphanStore, "companiesWithOpen" | "ripe"> {
  const open = (): OrphanRow[] => [...tables.orphans.values()].filter(({ state }) => state === "open");
  const has = (
    companyId: string,
    table: DocumentRow["table"],
    isWanted: (row: DocumentRow) => boolean,
  ): boolean =>
    [...tables.documents.values()].some(
      (row) => row.companyId === companyId && row.table === table && isWanted(row),
    );
  const isRipe = ({ companyId, reason, customerRef, updatedAt }: OrphanRow): boolean => {
    if (reason === "no_customer")
      return has(
        companyId,
        "customers",
        (row) => row.id === customerRef || bodyOf(row).external_id === customerRef,
      );
    if (!["no_subscription", "before_start", "after_end"].includes(reason)) return false;
    return has(
      companyId,
      "subscriptions",
      (row) => row.customerId === customerRef && row.updatedAt >= updatedAt,
    );
  };
  return {
    companiesWithOpen: async () => [...new Set(open().map(({ companyId }) => companyId))],
    ripe: async (companyId, after, limit) =>
      open()
        .filter((row) => row.companyId === companyId && isRipe(row))
        .sort((a, b) => a.receivedAt - b.receivedAt || (a.id < b.id ? -1 : 1))
        .filter(
          (row) =>
            after === null ||
            row.receivedAt > after.receivedAt ||
            (row.receivedAt === after.receivedAt && row.id > after.id),
        )
        .slice(0, limit),
  };
}
