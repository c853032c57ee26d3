import { CreateTransferStatus } from "tigerbeetle-node";
import { assert } from "../../errors.ts";
import { exists, existsAlike, type Known, type Refusal } from "../../ledger/existing.ts";
import type { Chain } from "../../ledger/transfer.ts";
import type { ChainResult, PostedTransfer } from "../../ports/ledger.ts";

const refusals: Readonly<Partial<Record<CreateTransferStatus, Refusal>>> = {
  [CreateTransferStatus.debit_account_not_found]: "account_not_found",
  [CreateTransferStatus.credit_account_not_found]: "account_not_found",
  [CreateTransferStatus.pending_transfer_not_found]: "pending_not_found",
  [CreateTransferStatus.exceeds_credits]: "exceeds_credits",
  [CreateTransferStatus.exceeds_debits]: "exceeds_debits",
  [CreateTransferStatus.id_already_failed]: "id_already_failed",
  [CreateTransferStatus.pending_transfer_not_pending]: "not_pending",
  [CreateTransferStatus.pending_transfer_already_posted]: "already_posted",
  [CreateTransferStatus.pending_transfer_already_voided]: "already_voided",
  [CreateTransferStatus.pending_transfer_expired]: "pending_expired",
  [CreateTransferStatus.exceeds_pending_transfer_amount]: "exceeds_pending_amount",
};

/** A transfer of the chain is there already: only what is there tells whether the chain was posted before as a whole. */
interface Taken {
  readonly takenAt: number;
}

/** What became of a chain, from one status per transfer. Within a chain `exists` fails the rest, like a refusal. */
export function chainResult(statuses: readonly CreateTransferStatus[]): ChainResult | Taken {
  const index = statuses.findIndex(
    (status) =>
      status !== CreateTransferStatus.created && status !== CreateTransferStatus.linked_event_failed,
  );
  const status = statuses[index];
  if (status === undefined) {
    assert(
      statuses.every((s) => s === CreateTransferStatus.created),
      "a failed chain has a transfer that failed it",
    );
    return { ok: true };
  }
  if (status === CreateTransferStatus.exists)
    return statuses.length === 1 ? { ok: true } : { takenAt: index };
  // Linked or not is a flag: the same transfer in another place of a chain differs by it.
  if (status === CreateTransferStatus.exists_with_different_flags) return { takenAt: index };
  return { ok: false, index, reason: reasonOf(status), detail: nameOf(status).replaceAll("_", " ") };
}

function reasonOf(status: CreateTransferStatus): Refusal {
  const known = refusals[status];
  if (known !== undefined) return known;
  const name = nameOf(status);
  if (name.startsWith("exists_with_different_")) return "exists_with_different";
  return name.startsWith("pending_transfer_has_different_") ? "pending_has_different" : "malformed";
}

/** TigerBeetle's name of a status, such as `exceeds_credits`. */
function nameOf(status: CreateTransferStatus): string {
  return CreateTransferStatus[status] ?? `status_${status}`;
}

/** What became of a chain of which something is there: ok where all of it is, and alike. */
export function takenResult(
  chain: Chain,
  { takenAt: index }: Taken,
  there: ReadonlyMap<bigint, PostedTransfer>,
): ChainResult {
  const known: Known = {
    transfers: (id) => {
      const found = there.get(id);
      return found === undefined ? undefined : { ...found, state: null, expiresAt: null };
    },
    hasFailed: () => false,
  };
  if (chain.every((t) => existsAlike(known, t))) return { ok: true };
  const transfer = chain[index];
  const refused = transfer === undefined ? null : exists(known, transfer);
  // Nothing there: the chain itself has the id twice.
  const detail = refused?.detail ?? "the id is taken by a transfer of the same chain";
  return { ok: false, index, reason: "exists_with_different", detail };
}
