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
      admin: { email: null, password: null },
      demo: null,
      shards: 1,
      allowPrivateTargets: false,
      databaseUrl: null,
      kafkaBrokers: null,
    });
  });

  test.each([
    ["BILLAI_PORT", "80x", "must be a whole number from 0 to 65535"],
    ["BILLAI_PORT", "70000", "must be a whole number from 0 to 65535"],
    ["BILLAI_SERVICE_PORTS", "no", "must be `on` or `off`"],
    ["BILLAI_SHARDS", "2", "only 1 is possible in this release"],
    ["BILLAI_ADMIN_PASSWORD", "short", "must have at least 12 characters"],
    ["DATABASE_URL", "mysql://x", "must begin with postgres://"],
    ["KAFKA_BROKERS", "a:9092,b", "must be host:port, or several of them separated by commas"],
    ["KAFKA_BROKERS", "kafka://a:9092", "must be host:port, or several of them separated by commas"],
    ["KAFKA_BROKERS", "a:0", "must be host:port, or several of them separated by commas"],
    ["CLICKHOUSE_URL", "http://a:8123", "this engine is not supported in this release; unset it"],
  ])("%s=%s stops the start with one line", (name, value, reason) => {
    expect(() => readConfig({ [name]: value })).toThrow(`${name}: ${reason}`);
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
