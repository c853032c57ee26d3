import type { OverrideRequest } from "../../../src/subscriptions/price_override.ts";
import type { Instant } from "../../../src/time/instant.ts";
import type { ContractCommitment } from "./contract.ts";

/** Facts of contracts; amounts are plain decimals. */
export type ContractFact =
  | {
      type: "contract_created";
      at: Instant;
      contract_id: string;
      name: string;
      currency: string;
      timezone: string;
      start: Instant;
      end: Instant | null;
      renewal: "none" | "auto";
      commitment: { amount: string; period: ContractCommitment["period"] } | null;
      overrides: OverrideRequest[];
      documents: { name: string; url: string }[];
      /** What had been invoiced since its start when it was made, by when that begins; for a start in the past. */
      invoiced?: { start: Instant; amount: string }[];
    }
  | {
      type: "contract_updated";
      at: Instant;
      contract_id: string;
      name?: string;
      renewal?: "none" | "auto";
      end?: Instant | null;
      documents?: { name: string; url: string }[];
    }
  | { type: "contract_started"; at: Instant; contract_id: string }
  | { type: "contract_terminated"; at: Instant; contract_id: string; ends_at: Instant }
  | { type: "contract_renewed"; at: Instant; contract_id: string; start: Instant; end: Instant }
  | { type: "contract_ended"; at: Instant; contract_id: string }
  | {
      type: "contract_trued_up";
      at: Instant;
      contract_id: string;
      period_start: Instant;
      period_end: Instant;
      committed: string;
      billed: string;
      /** What was missing; zero where enough was billed. */
      amount: string;
    };
