import { BillingError } from "../../src/errors.ts";
import { limits } from "../../src/limits.ts";
import type { Clock } from "../../src/ports/clock.ts";
import type { ActorKey } from "../../src/ports/stored_rows.ts";
import type { Intake, Taken } from "../intake.ts";
import { NotOwner } from "../not_owner.ts";
import type { Say } from "../say.ts";
import type { SpendNow } from "../spend_now.ts";
import type { TestClocks } from "../test_clocks.ts";
import type { ClockNews, WakeOrder, Waker } from "../waker.ts";
import { unpackEntries } from "./entries.ts";
import type { Forwarding } from "./forwarding.ts";
import { isPass } from "./pass.ts";
import { peerHeader, peerPaths } from "./wire_names.ts";

/** What a process does for the others. */
export interface PeerWork {
  readonly intake: Intake;
  readonly waker: Waker;
  readonly testClocks: TestClocks;
  readonly spendNow: SpendNow;
  readonly forwarding: Forwarding;
  /** Serves a request that was sent on. */
  readonly app: (request: Request) => Response | Promise<Response>;
}

/** Where the other processes reach this one. */
export interface PeerServer {
  readonly address: string;
  /** From now on serves; until then it answers that it has nothing. */
  serve(work: PeerWork): void;
  stop(): Promise<void>;
}

/** How a process is reached, and by whom. */
export interface PeerServerOptions {
  /** The address to listen on. */
  readonly host: string;
  /** The name others know that address by. */
  readonly advertised: string;
  readonly secret: string;
  readonly clock: Clock;
  readonly say: Say;
}

/** Listens for the other processes of this installation on a free port; nobody else is let in. */
export function openPeerServer({ host, advertised, secret, clock, say }: PeerServerOptions): PeerServer {
  let work: PeerWork | null = null;
  const server = Bun.serve({
    hostname: host,
    port: 0,
    idleTimeout: limits.connectionIdleSMax,
    maxRequestBodySize: Number.MAX_SAFE_INTEGER, // the other process has bounded it
    fetch: async (request) => {
      const pass = request.headers.get(peerHeader) ?? "";
      if (!isPass(secret, address, pass, clock.now())) return new Response("Not found", { status: 404 });
      if (work === null)
        return new Response(null, { status: 421, headers: { "x-billai-not-owner": "true" } });
      try {
        return await answer(work, request);
      } catch (error) {
        if (error instanceof NotOwner) return work.forwarding.notHere();
        if (!(error instanceof BillingError)) say(`a request of another process failed: ${error}`);
        return new Response(error instanceof BillingError ? error.message : "Internal error", {
          status: 503,
        });
      }
    },
  });
  const address = `http://${advertised.includes(":") ? `[${advertised}]` : advertised}:${server.port}`;
  return {
    address,
    serve: (given) => {
      work = given;
    },
    stop: async () => {
      const deadline = performance.now() + limits.stopWaitMsMax;
      while (server.pendingRequests > 0 && performance.now() < deadline) await Bun.sleep(10);
      await server.stop(true);
    },
  };
}

async function answer(work: PeerWork, request: Request): Promise<Response> {
  const { pathname, searchParams } = new URL(request.url);
  switch (pathname) {
    case peerPaths.take: {
      const entries = unpackEntries(new Uint8Array(await request.arrayBuffer()));
      const wait = searchParams.get("wait") === "true";
      return Response.json(await Promise.all(entries.map((entry) => take(work.intake, entry, wait))));
    }
    case peerPaths.wake:
      await work.waker.wakeHere((await request.json()) as WakeOrder);
      return Response.json(null);
    case peerPaths.clock: {
      const { id, now } = (await request.json()) as ClockNews;
      work.testClocks.set(id, now);
      return Response.json(null);
    }
    case peerPaths.spend:
      return Response.json(await work.spendNow.here((await request.json()) as ActorKey));
    default:
      return work.app(work.forwarding.receive(request));
  }
}

async function take(intake: Intake, entry: Parameters<Intake["take"]>[0], wait: boolean): Promise<Taken> {
  try {
    return { verdicts: await intake.takeHere(entry, wait) };
  } catch (error) {
    if (error instanceof NotOwner) return { moved: true };
    return { refused: error instanceof BillingError ? error.message : "The event log is away" };
  }
}
