import type { Shard } from "../shard.ts";
import type { Peers } from "./peers.ts";
import { clientHeader, notOwnerHeader, requestHeader } from "./wire_names.ts";

/** What belongs to one hop of a request. */
const hopHeaders = ["connection", "content-length", "host", "keep-alive", "transfer-encoding"];

/** Sends requests on to the process that has their customer, once, and knows those that came that way. */
export class Forwarding {
  readonly #peers: Peers;
  readonly #shard: Shard;
  /** Requests from other processes, with the address of their client. */
  readonly #received = new WeakMap<Request, string | null>();

  constructor(peers: Peers, shard: Shard) {
    this.#peers = peers;
    this.#shard = shard;
  }

  /** Notes that another process has sent this request on. */
  receive(request: Request): Request {
    this.#received.set(request, request.headers.get(clientHeader));
    return request;
  }

  /** Whether it has been sent on already: then it goes no further. */
  isReceived(request: Request): boolean {
    return this.#received.has(request);
  }

  /** The client of a request that was sent on. */
  clientOf(request: Request): string | null {
    return this.#received.get(request) ?? null;
  }

  /** The id of a request that was sent on; null of one that was not. */
  idOf(request: Request): string | null {
    return this.isReceived(request) ? request.headers.get(requestHeader) : null;
  }

  /** What a process answers that was sent a request for a customer it does not have. */
  notHere(): Response {
    return new Response(null, { status: 421, headers: { [notOwnerHeader]: "true" } });
  }

  /**
   * The owner's answer to a request; null where this process has become the owner.
   * Throws DEP_001 where the partition is changing hands for too long, or its owner went away with the request.
   */
  async send(
    partition: number,
    request: Request,
    bytes: Uint8Array,
    client: string | null,
    requestId: string,
  ): Promise<Response | null> {
    const { pathname, search } = new URL(request.url);
    const headers = new Headers(request.headers);
    for (const name of hopHeaders) headers.delete(name);
    headers.set(requestHeader, requestId);
    if (client === null) headers.delete(clientHeader);
    else headers.set(clientHeader, client);
    const { method } = request;
    const reads = method === "GET" || method === "HEAD";
    const repeatable = reads || headers.has("idempotency-key");
    const sent = {
      path: `${pathname}${search}`,
      method,
      headers,
      repeatable,
      ...(reads ? {} : { body: bytes }),
    };
    const answer = await this.#peers.ask(partition, sent, () => this.#shard.owns(partition));
    if (answer === null) return null;
    const answered = new Response(answer.body, { status: answer.status, headers: answer.headers });
    for (const name of hopHeaders) answered.headers.delete(name);
    return answered;
  }
}
