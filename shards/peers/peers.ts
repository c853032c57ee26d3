import { BillingError } from "../../src/errors.ts";
import { limits } from "../../src/limits.ts";
import type { Clock } from "../../src/ports/clock.ts";
import type { Owners } from "./owners.ts";
import { makePass } from "./pass.ts";
import { notOwnerHeader, peerHeader } from "./wire_names.ts";

export interface PeersParts {
  readonly owners: Owners;
  /** Where the others reach this process. */
  readonly address: string;
  /** What processes of one installation know each other by. */
  readonly secret: string;
  readonly clock: Clock;
}

/** A request to the owner of a partition. */
export interface PeerRequest {
  readonly path: string;
  readonly method: string;
  readonly headers?: Headers;
  readonly body?: Uint8Array | string;
  /** Whether it may be sent again where it is not known what became of it. */
  readonly repeatable: boolean;
}

/** The other processes of this installation: each has some of the partitions. */
export class Peers {
  readonly #owners: Owners;
  readonly address: string;
  readonly #secret: string;
  readonly #clock: Clock;

  constructor({ owners, address, secret, clock }: PeersParts) {
    this.#owners = owners;
    this.address = address;
    this.#secret = secret;
    this.#clock = clock;
  }

  start(): Promise<void> {
    return this.#owners.start();
  }

  stop(): Promise<void> {
    return this.#owners.stop();
  }

  /** Whether somebody else has partitions, as far as is known. */
  get haveOthers(): boolean {
    return [...this.#owners.addresses()].some((address) => address !== this.address);
  }

  /** Where a partition's owner is reached, as far as is known. */
  addressOf(partition: number): string | null {
    return this.#owners.addressOf(partition);
  }

  /** The next record of a partition its owner applies, as far as is known; null where nobody ever had it. */
  appliedTo(partition: number): number | null {
    return this.#owners.appliedTo(partition);
  }

  /**
   * Asks the owner of a partition, waiting for it while the partition changes hands.
   *
   * @param isHere whether this process has become the owner, which ends the asking
   * @returns the owner's answer; null where this process is the owner
   * Throws DEP_001 where nobody has answered in time, or where it is not known what became of the request.
   */
  async ask(partition: number, request: PeerRequest, isHere: () => boolean): Promise<Response | null> {
    const deadline = performance.now() + limits.handOverWaitMsMax;
    for (let attempt = 0; ; attempt++) {
      if (isHere()) return null;
      const address = this.#owners.addressOf(partition);
      if (address !== null && address !== this.address) {
        const answer = await this.#send(address, request);
        if (answer !== null) return answer;
      }
      if (performance.now() > deadline) {
        throw new BillingError("DEP_001", "This customer is changing hands; try again", { retryAfterS: 1 });
      }
      await Bun.sleep(Math.min(500, 10 * 2 ** attempt));
      await this.#owners.refresh();
    }
  }

  /** Asks every other process; those that do not answer in time find out by themselves. */
  async tell(path: string, body: unknown): Promise<void> {
    await this.#owners.refresh();
    const others = [...this.#owners.addresses()].filter((address) => address !== this.address);
    const tell = async (address: string): Promise<void> => {
      const answer = await fetch(`${address}${path}`, {
        method: "POST",
        headers: this.#headers(address),
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(limits.peerTellMsMax),
      });
      await answer.arrayBuffer();
    };
    await Promise.all(others.map((address) => tell(address).catch(() => {})));
  }

  /** The answer; null where the process is not there or not the owner, so that another may be asked. */
  async #send(
    address: string,
    { path, method, headers, body, repeatable }: PeerRequest,
  ): Promise<Response | null> {
    try {
      const answer = await fetch(`${address}${path}`, {
        method,
        headers: this.#headers(address, headers),
        ...(body === undefined ? {} : { body }),
        redirect: "manual",
        decompress: false,
        signal: AbortSignal.timeout(limits.peerAnswerMsMax),
      });
      if (!answer.headers.has(notOwnerHeader)) return answer;
      await answer.arrayBuffer();
      return null;
    } catch (error) {
      if (repeatable || isUnreached(error)) return null;
      const msg = "The process that has this customer went away; try again, with the same Idempotency-Key";
      throw new BillingError("DEP_001", msg, { retryAfterS: 1 });
    }
  }

  #headers(address: string, given: Headers = new Headers()): Headers {
    const headers = new Headers(given);
    headers.set(peerHeader, makePass(this.#secret, address, this.#clock.now()));
    return headers;
  }
}

/** Whether nothing can have been sent. */
function isUnreached(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : null;
  return code === "ConnectionRefused" || code === "ECONNREFUSED" || code === "FailedToOpenSocket";
}
