import type { OverrideRequest } from "../../../src/subscriptions/price_override.ts";
import type { Instant } from "../../../src/time/instant.ts";
import type { ContractCommitment, Invoiced } from "./contract.ts";

/** What can be asked of a customer's contracts. */
export type ContractCommand =
  | {
      type: "create_contract";
      id: string;
      name: string;
      start: Instant;
      end: Instant | null;
      renewal: "none" | "auto";
      currency: string | null;
      commitment: ContractCommitment | null;
      overrides: readonly OverrideRequest[];
      documents: readonly { name: string; url: string }[];
      /** What the customer has been invoiced in its currency since its start, where that lies in the past. */
      invoiced?: readonly Invoiced[];
    }
  | {
      type: "update_contract";
      contractId: string;
      name?: string;
      renewal?: "none" | "auto";
      end?: Instant | null;
      documents?: readonly { name: string; url: string }[];
    }
  | { type: "terminate_contract"; contractId: string; at: "now" | Instant };
