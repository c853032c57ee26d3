import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type FastPort, openFastPort, tokens } from "./fast_port.ts";

let port: FastPort;
beforeAll(async () => {
  port = await openFastPort();
}, 60_000);
afterAll(async () => {
  expect(await port.close()).toEqual([]);
});

const check = (n = 0) => port.ask("BILLAI.CHECK", "cleo", "llm", tokens(n));
const refused = async (asked: Promise<unknown>): Promise<string> =>
  asked.then(
    (answer) => `answered ${answer}`,
    (error: Error) => error.message,
  );

describe("what clients ask", () => {
  test("a check tells what the HTTP API tells", async () => {
    const question = { customer_id: "cleo", event_type: "llm", properties: JSON.parse(tokens(1_000_000)) };
    const told = await port.world.done("POST", "/spend-control/check", question);
    expect(await check(1_000_000)).toEqual(told.payload);
    expect(await check(1_000_000)).toEqual({ allowed: true, cost: "15", remaining: "80" });
    expect(await check(6_000_000)).toMatchObject({ allowed: false, cost: "90", reason: "spend_limit" });
    expect(await port.ask("BILLAI.CHECK", "cleo", "llm")).toMatchObject({
      allowed: false,
      reason: "value_error",
    });
  });

  test("digits survive: what no double can hold is rated exactly", async () => {
    const exact = '{"input_tokens":0,"output_tokens":100000.000000000001}';
    expect(await port.ask("BILLAI.CHECK", "cleo", "llm", exact)).toMatchObject({
      cost: "1.500000000000000015",
    });
  });

  test("budget is held, committed with an event that counts once, and released", async () => {
    const held = await port.ask("BILLAI.RESERVE", "cleo", "60", "30");
    expect(held).toMatchObject({ status: "held", amount: "30", currency: "USD" });
    expect((await check()).remaining).toBe("50");
    const event = `{"event_id":"r1","event_type":"llm","properties":${tokens(1_000_000)}}`;
    expect(await port.ask("BILLAI.COMMIT", held.id, event)).toMatchObject({
      status: "committed",
      cost: "15",
    });
    expect(await port.ask("BILLAI.COMMIT", held.id, event)).toMatchObject({ event: { status: "duplicate" } });
    expect((await check()).remaining).toBe("65");
    const next = await port.ask("billai.reserve", "cleo", "60", "llm", tokens(2_000_000));
    expect(next).toMatchObject({ amount: "30" });
    expect(await port.ask("BILLAI.RELEASE", next.id)).toMatchObject({ status: "released" });
    expect((await check()).remaining).toBe("65");
  });

  test("of reservations in one pipeline no more are given than there is room for", async () => {
    const pipeline = port.redis.pipeline();
    for (let i = 0; i < 10; i++) pipeline.call("BILLAI.RESERVE", "cleo", "60", "10");
    pipeline.call("BILLAI.CHECK", "cleo", "llm", tokens(0));
    const answers = (await pipeline.exec()) ?? [];
    const last = answers.pop();
    const given = answers.filter(([error]) => error === null).map(([, held]) => JSON.parse(String(held)));
    expect(given.length).toBe(6);
    expect(JSON.parse(String(last?.[1])).remaining).toBe("5"); // asked after all of them
    for (const [error] of answers)
      if (error !== null) expect(error.message).toStartWith("SPEND_001 Refused: ");
    for (const { id } of given) await port.ask("BILLAI.RELEASE", id);
  });

  test("answers come in the order of the questions, whatever each takes", async () => {
    const pipeline = port.redis.pipeline();
    for (let i = 0; i < 300; i++) {
      if (i % 3 === 0)
        pipeline.call("BILLAI.CHECK", i % 2 === 0 ? "cleo" : "dora", "llm", tokens(i * 1_000_000));
      else if (i % 3 === 1) pipeline.call("BILLAI.RELEASE", `rsv_${i}`);
      else pipeline.echo(`${i}`);
    }
    const answers = (await pipeline.exec()) ?? [];
    for (const [i, [error, answer]] of answers.entries()) {
      if (i % 3 === 0) expect(JSON.parse(String(answer)).cost).toBe(`${i * 15}`);
      else if (i % 3 === 1) expect(error?.message).toStartWith("RES_001 ");
      else expect(answer).toBe(`${i}`);
    }
  });
});

describe("bad input is refused in words", () => {
  test.each([
    [
      ["BILLAI.CHECK"],
      "VAL_001 Validation error: wrong number of arguments; use BILLAI.CHECK customer event_type [json]",
    ],
    [["BILLAI.CHECK", "cleo", "llm", "{}", "x"], "VAL_001 Validation error: wrong number of arguments"],
    [["BILLAI.CHECK", "nobody", "llm"], "RES_001 No such customer"],
    [["BILLAI.CHECK", "cleo", "llm", "{"], "VAL_001 Validation error: the request body is not valid JSON"],
    [["BILLAI.CHECK", "cleo", "llm", "[]"], "VAL_001 Validation error: field 'properties' "],
    [["BILLAI.CHECK", "", "llm", "{}"], "VAL_001 Validation error: field 'customer_id' "],
    [["BILLAI.CHECK", "cleo", "l\nm", "{}"], "VAL_001 Validation error: field 'event_type' "],
    [
      ["BILLAI.RESERVE", "cleo", "60"],
      "VAL_001 Validation error: wrong number of arguments; use BILLAI.RESERVE ",
    ],
    [["BILLAI.RESERVE", "cleo", "soon", "1"], "VAL_001 Validation error: field 'expires_in' "],
    [["BILLAI.RESERVE", "cleo", "60", "-1"], "VAL_001 Validation error: field 'amount' "],
    [
      ["BILLAI.RESERVE", "cleo", "60", "llm", "{}}"],
      "VAL_001 Validation error: the request body is not valid JSON",
    ],
    [
      ["BILLAI.RESERVE", "cleo", "60", "80.01"],
      "SPEND_001 Refused: the spend limit of 80 USD leaves too little",
    ],
    [["BILLAI.COMMIT", "rsv_1", "{}"], "VAL_001 Validation error: field 'event.event_id' "],
    [["BILLAI.COMMIT", "../../x", '{"event_id":"x","event_type":"llm"}'], "RES_001 "],
    [["BILLAI.RELEASE", "rsv_1\r\nx"], "RES_001 "],
    [["GET", "x"], "ERR unknown command 'GET'"],
    [["SELECT", "1"], "ERR there is database 0 alone"],
  ])("%j", async (args, message) => {
    const [name = "", ...rest] = args;
    expect(await refused(port.redis.call(name, rest))).toStartWith(message);
  });

  test("an argument that is no text", async () => {
    const asked = port.redis.call("BILLAI.CHECK", Buffer.from([0xff]), "llm");
    expect(await refused(asked)).toBe("VAL_001 Validation error: an argument is not valid UTF-8");
  });
});

describe("who may ask", () => {
  test("nobody without a key, and nobody with a wrong one", async () => {
    expect(await port.exchange("BILLAI.CHECK cleo llm\r\nPING\r\nQUIT\r\n")).toBe(
      "-NOAUTH AUTH_001 Say AUTH and an API key first\r\n+PONG\r\n+OK\r\n",
    );
    expect(await port.exchange("AUTH wrong\r\nQUIT\r\n")).toStartWith("-WRONGPASS AUTH_001 ");
    expect(await port.exchange("HELLO 3 AUTH default wrong\r\nQUIT\r\n")).toStartWith("-WRONGPASS AUTH_001 ");
    expect(await port.exchange(`AUTH ${port.key}\r\nRESET\r\nBILLAI.CHECK cleo llm\r\nQUIT\r\n`)).toBe(
      "+OK\r\n+RESET\r\n-NOAUTH AUTH_001 Say AUTH and an API key first\r\n+OK\r\n",
    );
  });

  test("a key is good for what it is for, from where it may be used, until it is revoked", async () => {
    const reader = port.client(await port.newKey({ scopes: ["spend:read"] }));
    expect(await refused(reader.call("BILLAI.CHECK", "cleo", "llm"))).toStartWith("answered");
    expect(await refused(reader.call("BILLAI.RESERVE", "cleo", "60", "1"))).toStartWith("AUTH_006 ");
    reader.disconnect();
    const writer = port.client(await port.newKey({ scopes: ["events:write"] }));
    expect(await refused(writer.call("BILLAI.CHECK", "cleo", "llm"))).toStartWith("AUTH_006 ");
    writer.disconnect();
    const bound = await port.newKey({ allowed_addresses: ["203.0.113.0/24"] });
    expect(await port.exchange(`AUTH ${bound}\r\nQUIT\r\n`)).toStartWith("-WRONGPASS AUTH_001 ");
  });

  test("a company sees its own customers only", async () => {
    const { payload } = await port.world.app.borea.call("POST", "/api/v1/admin/api-keys", {
      name: "other",
      scopes: ["spend:read", "events:write"],
    });
    const other = port.client(String(payload.key));
    expect(await refused(other.call("BILLAI.CHECK", "cleo", "llm"))).toBe("RES_001 No such customer");
    const held = await port.ask("BILLAI.RESERVE", "cleo", "60", "1");
    expect(await refused(other.call("BILLAI.RELEASE", held.id))).toStartWith("RES_001 ");
    await port.ask("BILLAI.RELEASE", held.id);
    other.disconnect();
  });
});
