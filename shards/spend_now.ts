import { spendStatus } from "../actors/customer/spend_status.ts";
import { BillingError } from "../src/errors.ts";
import type { ActorKey } from "../src/ports/stored_rows.ts";
import { NotOwner } from "./not_owner.ts";
import type { Peers } from "./peers/peers.ts";
import { peerPaths } from "./peers/wire_names.ts";
import type { Shard } from "./shard.ts";

/** Tells customers' spend, as committed, wherever they are. */
export class SpendNow {
  readonly #shard: Shard;
  readonly #peers: Peers | null;

  constructor(shard: Shard, peers: Peers | null) {
    this.#shard = shard;
    this.#peers = peers;
  }

  /** A customer's spend in its main currency, without its limits, in the wire shape. */
  async of(key: ActorKey): Promise<unknown> {
    try {
      return await this.here(key);
    } catch (error) {
      if (!(error instanceof NotOwner) || this.#peers === null) throw error;
      return this.#ask(error.partition, key);
    }
  }

  /** As `of`, by this process. Throws NotOwner where the customer is another's. */
  here({ companyId, customerId }: ActorKey): Promise<unknown> {
    return this.#shard.send(
      { companyId, customerId },
      {
        type: "read",
        read: (state, { now }) => {
          const { limits: _, ...status } = spendStatus(state, now);
          return { customer_id: customerId, ...status };
        },
      },
    );
  }

  async #ask(partition: number, key: ActorKey): Promise<unknown> {
    const request = { path: peerPaths.spend, method: "POST", body: JSON.stringify(key), repeatable: true };
    const answer = await this.#peers?.ask(partition, request, () => this.#shard.owns(partition));
    if (answer == null) return this.here(key);
    if (!answer.ok) throw new BillingError("DEP_001", await answer.text(), { retryAfterS: 1 });
    return answer.json();
  }
}
