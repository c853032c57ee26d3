import { BillingError } from "../../src/errors.ts";
import { limits } from "../../src/limits.ts";
import { type App, type AppParts, buildApps } from "./app.ts";
import { type ServiceName, serviceNames, serviceTable } from "./services.ts";

export interface ServerOptions extends Omit<AppParts, "addressOf"> {
  readonly host: string;
  /** The front port; 0 picks a free one. */
  readonly port: number;
  /** Whether to open the ten documented ports as well. */
  readonly servicePorts: boolean;
  /** Whether other processes listen on the same ports, so that the system spreads connections over them. */
  readonly sharesPorts?: boolean;
}

export interface Servers {
  /** The front port's address, such as `http://127.0.0.1:8000`. */
  readonly url: string;
  readonly urls: ReadonlyMap<ServiceName | "front", string>;
  /** Serves a request of another process. */
  readonly app: App;
  /** Serves a request of a client at this address that came another way. */
  readonly call: (request: Request, address: string) => Promise<Response>;
  /** Takes no more connections, lets requests under way finish for a bounded time, then closes everything. */
  stop(): Promise<void>;
}

type BunServer = ReturnType<typeof Bun.serve>;
/** How to learn the client's address of a request under way. */
type Peers = WeakMap<Request, () => string | null>;

/** Opens the front port and, if wanted, the documented ones. Throws VAL_001 with one clear line where one is taken. */
export function startServers(options: ServerOptions): Servers {
  const peers: Peers = new WeakMap();
  const addressOf = (request: Request) => peers.get(request)?.() ?? null;
  const apps = buildApps({ ...options, addressOf });
  const servers = new Map<ServiceName | "front", BunServer>();
  const names = options.servicePorts ? (["front", ...serviceNames] as const) : (["front"] as const);
  try {
    for (const name of names) {
      const app = apps.get(name);
      const port = name === "front" ? options.port : serviceTable[name].port;
      if (app !== undefined) servers.set(name, listen(name, { ...options, port }, app, peers));
    }
  } catch (error) {
    for (const server of servers.values()) server.stop(true);
    throw error;
  }
  const urls = new Map([...servers].map(([name, server]) => [name, urlOf(options.host, server)]));
  const app = apps.get("front") ?? (() => Response.error());
  const call: Servers["call"] = async (request, address) => {
    peers.set(request, () => address);
    return app(request);
  };
  return { url: urls.get("front") ?? "", urls, app, call, stop: () => stopAll([...servers.values()]) };
}

function listen(
  name: ServiceName | "front",
  { host: hostname, port, sharesPorts }: Pick<ServerOptions, "host" | "port" | "sharesPorts">,
  app: App,
  peers: Peers,
): BunServer {
  try {
    return Bun.serve({
      hostname,
      port,
      reusePort: sharesPorts === true,
      maxRequestBodySize: Number.MAX_SAFE_INTEGER, // ours is smaller, and answers in the envelope
      idleTimeout: limits.connectionIdleSMax,
      fetch: (received, server) => {
        const request = withHost(received);
        peers.set(request, () => server.requestIP(received)?.address ?? null);
        return app(request);
      },
    });
  } catch (error) {
    const which = name === "front" ? "the front port" : `the port of the ${serviceTable[name].title} service`;
    const remedy =
      name === "front"
        ? "set BILLAI_PORT to another one"
        : "set BILLAI_SERVICE_PORTS=off to open only the front port";
    throw unusablePort(which, hostname, port, remedy, error);
  }
}

/** A request without a usable Host, as HTTP/1.0 allows, has only a path for its address. */
function withHost(request: Request): Request {
  return request.url.startsWith("/") ? new Request(`http://localhost${request.url}`, request) : request;
}

/** What to say of a port that cannot be opened, and how to mend it. */
export function unusablePort(
  which: string,
  hostname: string,
  port: number,
  remedy: string,
  error: unknown,
): unknown {
  const code = error instanceof Error && "code" in error ? error.code : null;
  if (code !== "EADDRINUSE" && code !== "EACCES") return error;
  const why = code === "EACCES" ? "may not be opened by this user" : "is taken by another program";
  return new BillingError("VAL_001", `Port ${port} on ${hostname} (${which}) ${why}; ${remedy}`);
}

function urlOf(host: string, server: BunServer): string {
  return `http://${host.includes(":") ? `[${host}]` : host}:${server.port}`;
}

async function stopAll(servers: readonly BunServer[]): Promise<void> {
  for (const server of servers) server.stop();
  const deadline = performance.now() + limits.stopWaitMsMax;
  const busy = () => servers.some((server) => server.pendingRequests > 0);
  while (busy() && performance.now() < deadline) await Bun.sleep(10);
  await Promise.all(servers.map((server) => server.stop(true)));
}
