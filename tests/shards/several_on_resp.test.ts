import { afterAll, beforeAll, expect, test } from "bun:test";
import { Redis } from "ioredis";
import { stockBillingWorld } from "../http/billing_world.ts";
import { freePort } from "../services/service.ts";
import { openSeveral, type Several } from "./several.ts";

const names = Array.from({ length: 12 }, (_, i) => `of-two-${i}`);
let port = 0;
let several: Several;
let redis: Redis;

beforeAll(async () => {
  port = await freePort();
  several = await openSeveral("", `${port}`);
  await several.start(2);
  const done = async (method: string, path: string, body?: unknown) => {
    const heard = await several.ask(0, method, path, body);
    if (heard.status >= 300) throw new Error(`${method} ${path}: ${heard.text}`);
    return heard;
  };
  const { customer } = await stockBillingWorld(done);
  for (const name of names) {
    await customer(name, false);
    const limit = { customer_id: name, monthly_limit: 1000, action_on_exceed: "block" };
    await done("POST", "/spend-control/limits", limit);
  }
  const { payload } = await done("POST", "/admin/api-keys", {
    name: "a gateway",
    scopes: ["spend:read", "events:write"],
  });
  redis = new Redis(port, "127.0.0.1", { password: String(payload.key) });
}, 60_000);

afterAll(async () => {
  redis.disconnect();
  await several.stop();
  await several.close();
}, 60_000);

const ask = async (...[name = "", ...args]: string[]) => JSON.parse(String(await redis.call(name, args)));

test("both have customers, and whichever is asked answers for all of them", async () => {
  const owned = several.running.map(({ services }) => services.shard.owned.length);
  expect(Math.min(...owned)).toBeGreaterThan(0);
  const properties = JSON.stringify({ input_tokens: 0, output_tokens: 1_000_000 });
  const spent: number[] = [];
  for (const name of names) {
    expect(await ask("BILLAI.CHECK", name, "llm", properties)).toMatchObject({ allowed: true, cost: "15" });
    const before = Number((await ask("BILLAI.CHECK", name, "llm", properties)).remaining);
    const held = await ask("BILLAI.RESERVE", name, "60", "llm", properties);
    const event = `{"event_id":"${name}","event_type":"llm","properties":${properties}}`;
    expect(await ask("BILLAI.COMMIT", held.id, event)).toMatchObject({ status: "committed", cost: "15" });
    const next = await ask("BILLAI.RESERVE", name, "60", "100");
    expect(await ask("BILLAI.RELEASE", next.id)).toMatchObject({ status: "released" });
    spent.push(before - Number((await ask("BILLAI.CHECK", name, "llm", properties)).remaining));
  }
  expect(spent.map((amount) => amount.toFixed(6))).toEqual(names.map(() => "15.000000"));
  await expect(redis.call("BILLAI.CHECK", "nobody", "llm", properties)).rejects.toThrow(
    "RES_001 No such customer",
  );
});
