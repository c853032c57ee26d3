import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { readConfig, variables } from "../src/config.ts";

describe("configuration", () => {
  test("without any variable is the documented default", () => {
    expect(readConfig({})).toEqual({
      dataDir: "./data",
      host: "127.0.0.1",
      port: 8000,
      servicePorts: true,
      respPort: null,
      admin: { email: null, password: null },
      demo: null,
      shards: 1,
      allowPrivateTargets: false,
      databaseUrl: null,
      tigerBeetle: null,
      redisUrl: null,
      kafkaBrokers: null,
      crashAt: null,
      clickHouseUrl: null,
    });
  });

  test("takes a TigerBeetle cluster by its replicas, and by its id where that is not 0", () => {
    const of = (value: string) => readConfig({ TIGERBEETLE_ADDRESSES: value }).tigerBeetle;
    expect(of("tigerbeetle:3000")).toEqual({ cluster: 0n, addresses: ["tigerbeetle:3000"] });
    expect(of("340282366920938463463374607431768211455@10.0.0.1:3000, [::1]:3001")).toEqual({
      cluster: 2n ** 128n - 1n,
      addresses: ["10.0.0.1:3000", "[::1]:3001"],
    });
  });

  test.each([
    ["BILLAI_PORT", "80x", "must be a whole number from 0 to 65535"],
    ["BILLAI_PORT", "70000", "must be a whole number from 0 to 65535"],
    ["BILLAI_RESP_PORT", "0", "must be a whole number from 1 to 65535"],
    ["BILLAI_SERVICE_PORTS", "no", "must be `on` or `off`"],
    ["BILLAI_SHARDS", "0", "must be a whole number from 1 to 64"],
    ["BILLAI_ADMIN_PASSWORD", "short", "must have at least 12 characters"],
    ["DATABASE_URL", "mysql://x", "must begin with postgres://"],
    ["TIGERBEETLE_ADDRESSES", "10.0.0.1", "must be host:port of every replica"],
    ["TIGERBEETLE_ADDRESSES", "a:3000,,b:3000", "must be host:port of every replica"],
    ["TIGERBEETLE_ADDRESSES", "a:65536", "must be host:port of every replica"],
    [
      "TIGERBEETLE_ADDRESSES",
      "340282366920938463463374607431768211456@a:1",
      "must be host:port of every replica",
    ],
    ["REDIS_URL", "localhost:6379", "must begin with redis:// or rediss://"],
    ["KAFKA_BROKERS", "a:9092,b", "must be host:port, or several of them separated by commas"],
    ["KAFKA_BROKERS", "kafka://a:9092", "must be host:port, or several of them separated by commas"],
    ["KAFKA_BROKERS", "a:0", "must be host:port, or several of them separated by commas"],
    ["BILLAI_CRASH_AT", "nowhere", "must be POINT or POINT:N, the point one of before-append, "],
    ["BILLAI_CRASH_AT", "in-commit:0", "must be POINT or POINT:N, the point one of before-append, "],
    ["CLICKHOUSE_URL", "a:8123", "must be http(s)://user:password@host:8123/database, or off"],
  ])("%s=%s stops the start with one line", (name, value, reason) => {
    expect(() => readConfig({ [name]: value })).toThrow(`${name}: ${reason}`);
  });

  test("takes a point to crash at, the first time or a later one", () => {
    const of = (value: string) => readConfig({ BILLAI_CRASH_AT: value }).crashAt;
    expect(of("in-commit")).toEqual({ point: "in-commit", nth: 1 });
    expect(of("after-append:17")).toEqual({ point: "after-append", nth: 17 });
  });

  test("takes the addresses of several brokers", () => {
    expect(readConfig({ KAFKA_BROKERS: "a.b:9092, 10.0.0.1:9093" }).kafkaBrokers).toEqual([
      "a.b:9092",
      "10.0.0.1:9093",
    ]);
  });

  test("is in the README, variable by variable", () => {
    const readme = readFileSync(join(import.meta.dir, "../README.md"), "utf8");
    const listed = [...readme.matchAll(/^\| `([A-Z_]+)` \|/gm)].map((match) => match[1]);
    expect(listed).toEqual(variables.map((variable) => variable.name));
  });
});
