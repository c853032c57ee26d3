import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { type Client, createClient, ErrorCodes, RequestError } from "tigerbeetle-node";
import { BillingError } from "../../errors.ts";
import { limits } from "../../limits.ts";

/** Where a cluster is: its id, and the `host:port` of each replica. */
export interface ClusterAt {
  readonly cluster: bigint;
  readonly addresses: readonly string[];
}

/**
 * The one client of a process. TigerBeetle's own waits for ever: here every request has a deadline, after which its
 * outcome is unknown; and while one that is overdue still waits for its answer, no others are sent after it.
 */
export class TigerBeetle {
  readonly #at: ClusterAt;
  #client: Promise<Client> | null = null;
  #underWay = 0;
  #overdue = 0;
  #probe: Promise<void> | null = null;
  /** Events of one request; less than the limit once the server has turned out to take less. */
  #eventsMax: number = limits.ledgerTransfersPerPost;

  constructor(at: ClusterAt) {
    this.#at = at;
  }

  /** One request, or a few at once. Throws DEP_001 where it is not answered in time: what it did is unknown then. */
  async call<T>(
    request: (client: Client) => Promise<T>,
    waitMs: number = limits.ledgerAnswerMsMax,
    silence = "has not answered; what it did is unknown",
  ): Promise<T> {
    if (this.#overdue > 0) throw away("does not answer; nothing was sent");
    if (this.#underWay >= limits.ledgerCallsMax) throw away("is behind; nothing was sent");
    const late = Promise.withResolvers<never>();
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      this.#overdue += 1;
      late.reject(away(silence));
    }, waitMs);
    this.#underWay += 1;
    const answer = this.#send(request).finally(() => {
      clearTimeout(timer);
      this.#underWay -= 1;
      if (isLate) this.#overdue -= 1;
    });
    return Promise.race([answer, late.promise]);
  }

  /**
   * Events in as few requests as the server takes, one after another, no group split. Answers what all of them
   * answered, in order.
   */
  async inRequests<E, R>(
    groups: readonly (readonly E[])[],
    request: (client: Client, events: E[]) => Promise<R[]>,
  ): Promise<R[]> {
    const answers: R[] = [];
    for (let from = 0; from < groups.length; ) {
      const { events, to } = this.#part(groups, from);
      try {
        answers.push(...(await this.call((client) => request(client, events))));
        from = to;
      } catch (error) {
        if (!isTooMuch(error)) throw error;
        if (to - from === 1)
          throw away("takes no requests of this size: start it with a greater --limit-request");
        this.#eventsMax = Math.max(1, Math.floor(Math.min(this.#eventsMax, events.length) / 2));
      }
    }
    return answers;
  }

  /** Answers when the server does, and soon says so where it does not. At most one probe waits, whoever asks. */
  ping(): Promise<void> {
    this.#probe ??= this.call(
      probe,
      limits.healthWaitMsMax,
      "does not answer: is it up, and is its cluster's id the right one?",
    ).finally(() => {
      this.#probe = null;
    });
    return this.#probe;
  }

  /** Ends the connection; what is under way fails. The process cannot end by itself before. */
  async close(): Promise<void> {
    const client = await this.#client?.catch(() => null);
    this.#client = null;
    if (!client) return;
    // The library aborts the process when a client is destroyed that the server has evicted; a request tells.
    const { promise: silence, resolve } = Promise.withResolvers<boolean>();
    const timer = setTimeout(() => resolve(true), this.#overdue > 0 ? 0 : limits.healthWaitMsMax);
    const lives = probe(client).then(
      () => true,
      () => false,
    );
    if (await Promise.race([lives, silence])) client.destroy();
    clearTimeout(timer);
  }

  #part<E>(groups: readonly (readonly E[])[], from: number): { events: E[]; to: number } {
    const events = [...(groups[from] ?? [])];
    let to = from + 1;
    for (let next = groups[to]; next !== undefined; next = groups[to]) {
      if (events.length + next.length > this.#eventsMax) break;
      events.push(...next);
      to += 1;
    }
    return { events, to };
  }

  async #send<T>(request: (client: Client) => Promise<T>): Promise<T> {
    this.#client ??= connect(this.#at);
    const connecting = this.#client;
    try {
      return await request(await connecting);
    } catch (error) {
      if (isTooMuch(error) || !(error instanceof RequestError || error instanceof BillingError)) throw error;
      // Evicted, of another release, or not to be found: the next request begins anew.
      if (this.#client === connecting) this.#client = null;
      throw error instanceof BillingError
        ? error
        : away(`has ended the connection (${error.message}); what it did is unknown`);
    }
  }
}

/** The library takes numbers only: names, such as those of containers, are looked up here. */
async function connect({ cluster, addresses }: ClusterAt): Promise<Client> {
  const found = await Promise.all(addresses.map(numeric));
  return createClient({ cluster_id: cluster, replica_addresses: found });
}

async function numeric(address: string): Promise<string> {
  const at = address.lastIndexOf(":");
  const host = address.slice(0, Math.max(at, 0));
  if (host === "" || isIP(host) === 4 || host.startsWith("[")) return address;
  try {
    const found = await lookup(host, { family: 4 });
    return `${found.address}${address.slice(at)}`;
  } catch {
    throw away(`is not to be found: there is no host ${host}`);
  }
}

async function probe(client: Client): Promise<void> {
  await client.lookupAccounts([1n]);
}

function isTooMuch(error: unknown): boolean {
  return error instanceof RequestError && error.code === ErrorCodes.ERR_TOO_MUCH_DATA;
}

function away(what: string): BillingError {
  return new BillingError("DEP_001", `TigerBeetle ${what}`, { retryAfterS: 1 });
}
