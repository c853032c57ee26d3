import { afterEach, describe, expect, test } from "bun:test";
import { connect } from "node:net";
import { route } from "../../shards/http/route.ts";
import { type Servers, startServers } from "../../shards/http/server.ts";
import { openFoundation } from "./foundation.ts";

const opened: Servers[] = [];

afterEach(async () => {
  for (const servers of opened.splice(0)) await servers.stop();
});

async function open() {
  const begun = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  const common = { service: "admin", auth: "none", summary: "x", method: "GET" } as const;
  const { parts, reports } = await openFoundation([
    route({
      ...common,
      path: "/api/v1/slow",
      handler: async () => {
        begun.resolve();
        await gate.promise;
        return { payload: { done: true } };
      },
    }),
    route({
      ...common,
      path: "/api/v1/whence",
      handler: async ({ address }) => ({ payload: { address: address() } }),
    }),
  ]);
  const servers = startServers({ ...parts, host: "127.0.0.1", port: 0, servicePorts: false });
  opened.push(servers);
  return { servers, begun, gate, parts, reports };
}

/** Sends these very bytes and gives back all that is answered until the connection closes. */
function exchange(url: string, text: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const answer = Promise.withResolvers<string>();
  let received = "";
  const socket = connect(Number(port), hostname, () => socket.write(text));
  socket.on("data", (data) => {
    received += data;
  });
  socket.on("close", () => answer.resolve(received));
  socket.on("error", answer.reject);
  return answer.promise;
}

describe("the ports", () => {
  test("port 0 is a free one, and its address is told", async () => {
    const { servers } = await open();
    expect(servers.url).toMatch(/^http:\/\/127\.0\.0\.1:[1-9]\d+$/);
    expect((await fetch(`${servers.url}/health`)).status).toBe(200);
    const whence = (await (await fetch(`${servers.url}/api/v1/whence`)).json()) as { payload: unknown };
    expect(whence.payload).toEqual({ address: "127.0.0.1" });
  });

  test.each([
    ["GET /health HTTP/1.1\r\nHost: x", "200 OK"],
    ["GET /health HTTP/1.0", "200 OK"],
    ["GET /api/v1/whence HTTP/1.1\r\nHost: not a host", "200 OK"],
    ["GET /health HTTP/1.1\r\nHost: localhost/../x?", "200 OK"],
    ["GET /health?a HTTP/1.1\r\nHost: [::", "200 OK"],
    ["GET /health HTTP/1.1\r\nHost: 1.2.3.999:99999", "200 OK"],
    ["GET /api/v1/nowhere HTTP/1.0", "404 Not Found"],
    ["POST /api/v1/auth/login HTTP/1.0\r\nContent-Length: 2", "400 Bad Request"],
  ])("clients that say oddly whom they mean are served: %j", async (head, status) => {
    const { servers } = await open();
    expect(await exchange(servers.url, `${head}\r\nConnection: close\r\n\r\n{}`)).toStartWith(
      `HTTP/1.1 ${status}\r\n`,
    );
  });

  test("a client that gives up in the middle of its body is no trouble of ours", async () => {
    const { servers, reports } = await open();
    const gone = Promise.withResolvers<void>();
    const { hostname, port } = new URL(servers.url);
    const socket = connect(Number(port), hostname, () => {
      socket.write(
        "POST /api/v1/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50\r\n\r\n{",
        () => {
          socket.resetAndDestroy();
        },
      );
    });
    socket.on("close", () => gone.resolve());
    await gone.promise;
    await servers.stop();
    expect(reports).toEqual([]);
  });

  test("stopping lets a request under way finish and takes no other", async () => {
    const { servers, begun, gate } = await open();
    const slow = fetch(`${servers.url}/api/v1/slow`);
    await begun.promise;
    const stopped = servers.stop();
    gate.resolve();
    expect((await slow).status).toBe(200);
    await stopped;
    await expect(fetch(`${servers.url}/health`)).rejects.toThrow();
  });

  test("a body too large for us is refused in the envelope, announced or streamed", async () => {
    const { servers } = await open();
    const url = `${servers.url}/api/v1/auth/login`;
    const big = "x".repeat(3_000_000);
    for (const body of [big, new Blob([big]).stream()]) {
      const answer = await fetch(url, { method: "POST", body });
      const { error } = (await answer.json()) as { error: { code: string } };
      expect([answer.status, error.code]).toEqual([413, "REQ_004"]);
    }
    expect((await fetch(`${servers.url}/health`)).status).toBe(200);
  });

  test("a front port that is taken stops the start with one clear line", async () => {
    const { servers, parts } = await open();
    const port = Number(new URL(servers.url).port);
    const again = () => startServers({ ...parts, host: "127.0.0.1", port, servicePorts: false });
    expect(again).toThrow(
      `Port ${port} on 127.0.0.1 (the front port) is taken by another program; set BILLAI_PORT to another one`,
    );
  });

  test("so does a documented port, and the line says how to do without", async () => {
    const { parts } = await openFoundation();
    let blocker: ReturnType<typeof Bun.serve> | null = null;
    try {
      blocker = Bun.serve({ hostname: "127.0.0.1", port: 8090, fetch: () => new Response("") });
    } catch {
      // something on this machine has it already, which serves as well
    }
    try {
      const start = () => startServers({ ...parts, host: "127.0.0.1", port: 0, servicePorts: true });
      expect(start).toThrow(
        /^Port \d+ on 127\.0\.0\.1 \(the port of the .+ service\) is taken.*BILLAI_SERVICE_PORTS=off/,
      );
    } finally {
      await blocker?.stop(true);
    }
  });
});
