import { connect } from "node:net";
import { Redis } from "ioredis";
import { RateLimits } from "../../shards/http/rate_limits.ts";
import { startRespServer } from "../../shards/resp/server.ts";
import { openBillingWorld } from "../http/billing_world.ts";

export type FastPort = Awaited<ReturnType<typeof openFastPort>>;

/** The program with its RESP port, a customer `cleo` at 15 dollars a million tokens under a limit of 80, and `dora`. */
export async function openFastPort() {
  const world = await openBillingWorld();
  const { app, done } = world;
  const price = { model: "per_unit", metric_id: "output_tokens", unit_amount: "0.000015" };
  await done("POST", "/master-data/plans", {
    key: "tokens",
    name: "Tokens",
    currency: "USD",
    prices: [price],
  });
  for (const external_id of ["cleo", "dora"]) {
    await done("POST", "/master-data/customers", { external_id, name: external_id });
    await done("POST", "/subscriptions", { customer_id: external_id, plan_id: "tokens" });
  }
  const limit = { customer_id: "cleo", monthly_limit: 80, action_on_exceed: "block" };
  await done("POST", "/spend-control/limits", limit);
  const { nearLimiter, limiter } = app.services.cacheServer;
  const server = startRespServer({
    host: "127.0.0.1",
    port: 0,
    sharesPorts: false,
    services: app.services,
    authenticator: app.auth.authenticator,
    rates: new RateLimits(nearLimiter, limiter),
    report: (line) => app.troubles.push(JSON.stringify(line)),
    forwarding: null,
    call: async (request) => app.front(request),
  });
  const newKey = async (more: object = {}): Promise<string> => {
    const body = { name: "a gateway", scopes: ["spend:read", "events:write"], ...more };
    return String((await done("POST", "/admin/api-keys", body)).payload.key);
  };
  const client = (password: string) =>
    new Redis(server.url, { password, lazyConnect: true, retryStrategy: null });
  const key = await newKey();
  const redis = client(key);
  await redis.connect();
  const { port } = new URL(server.url);
  return {
    world,
    server,
    port: Number(port),
    key,
    redis,
    newKey,
    client,
    /** What a command of ours answers. */
    ask: async (...[name = "", ...args]: string[]) => JSON.parse(String(await redis.call(name, args))),
    /** Sends these very bytes, and resolves with what is answered until the server ends it. */
    exchange: (...pieces: (string | Buffer)[]): Promise<string> => {
      const answer = Promise.withResolvers<string>();
      let received = "";
      const socket = connect(Number(port), "127.0.0.1", () => {
        for (const piece of pieces) socket.write(piece);
      });
      socket.on("data", (data) => {
        received += data;
      });
      socket.on("close", () => answer.resolve(received));
      socket.on("error", answer.reject);
      return answer.promise;
    },
    /** Answers what was reported as trouble. */
    close: async (): Promise<readonly string[]> => {
      redis.disconnect();
      await server.stop();
      await app.close();
      return app.troubles;
    },
  };
}

/** The properties of an event with so many tokens. */
export const tokens = (output_tokens: number) => JSON.stringify({ input_tokens: 0, output_tokens });
