import { jsonResponse } from "./envelope.ts";
import { type Route, rawRoute } from "./route.ts";

type Dependency = "ok" | "down";

/** How the program is doing; API.md §2. The three documented dependencies are always there. */
export interface Health {
  readonly status: "healthy" | "degraded" | "unhealthy";
  readonly dependencies: {
    readonly database: Dependency;
    readonly cache: Dependency;
    readonly message_broker: Dependency;
    readonly [other: string]: Dependency;
  };
}

/** What the dependencies come to: without database or broker nothing works, without others some things wait. */
export function healthOf(dependencies: Health["dependencies"]): Health {
  const down = Object.values(dependencies).includes("down");
  const dead = dependencies.database === "down" || dependencies.message_broker === "down";
  return { status: dead ? "unhealthy" : down ? "degraded" : "healthy", dependencies };
}

/** `GET /health`, on every port and for anybody. */
export function healthRoute(health: () => Promise<Health>): Route {
  return rawRoute({
    method: "GET",
    path: "/health",
    service: "every",
    auth: "none",
    summary: "How the installation is doing",
    mediaType: "application/json",
    example: {
      answer: {
        status: "healthy",
        dependencies: { database: "ok", cache: "ok", message_broker: "ok", ledger: "ok" },
      },
    },
    handler: async ({ requestId }) => {
      const { status, dependencies } = await health();
      const body = JSON.stringify({ status, dependencies });
      return jsonResponse({ status: status === "unhealthy" ? 503 : 200, body }, requestId);
    },
  });
}
