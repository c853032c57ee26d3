import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { connect } from "node:net";
import { RedisClient } from "bun";
import { Redis } from "ioredis";
import { limits } from "../../src/limits.ts";
import { type FastPort, openFastPort, tokens } from "./fast_port.ts";

let port: FastPort;
beforeAll(async () => {
  port = await openFastPort();
}, 60_000);
afterAll(async () => {
  expect(await port.close()).toEqual([]);
});

describe("clients of Redis", () => {
  test("ioredis, with all it asks of a server by itself", async () => {
    const own = new Redis(port.server.url, {
      password: port.key,
      enableAutoPipelining: true,
      connectionName: "gateway",
    });
    expect(await own.ping()).toBe("PONG");
    const answers = await Promise.all(
      Array.from({ length: 64 }, () => own.call("BILLAI.CHECK", "cleo", "llm")),
    );
    expect(new Set(answers).size).toBe(1);
    expect(await own.quit()).toBe("OK");
  });

  test("Bun's", async () => {
    const { host } = new URL(port.server.url);
    const own = new RedisClient(`redis://default:${port.key}@${host}`);
    const answer = await own.send("BILLAI.CHECK", ["cleo", "llm", tokens(1_000_000)]);
    expect(JSON.parse(String(answer))).toMatchObject({ allowed: true, cost: "15" });
    own.close();
  });

  test.skipIf(Bun.which("redis-cli") === null)(
    "redis-cli, in both versions of the protocol (skipped where it is not installed)",
    async () => {
      for (const version of ["-2", "-3"]) {
        const args = [
          "-p",
          `${port.port}`,
          version,
          "--no-auth-warning",
          "-a",
          port.key,
          "BILLAI.CHECK",
          "cleo",
          "llm",
          tokens(1_000_000),
        ];
        const child = Bun.spawn(["redis-cli", ...args], { stdout: "pipe", stderr: "pipe" });
        const [out, err] = await Promise.all([child.stdout.text(), child.stderr.text()]);
        expect(err).toBe("");
        expect(JSON.parse(out)).toMatchObject({ allowed: true, cost: "15" });
      }
    },
  );
});

describe("clients that behave badly", () => {
  test("garbage is answered with an error, and that connection ends", async () => {
    expect(await port.exchange("PING\r\n*1\r\n$x\r\n")).toBe(
      "+PONG\r\n-ERR Protocol error: invalid bulk length\r\n",
    );
    expect(await port.exchange(`*1\r\n$${limits.respCommandBytesMax + 1}\r\n`)).toStartWith(
      "-ERR Protocol error: ",
    );
    expect(await port.exchange(Buffer.from([0, 1, 2, 0xff, 0x0a]), "QUIT\r\n")).toBe(
      "-ERR unknown command '????'\r\n+OK\r\n",
    );
  });

  test("one that leaves in the middle of a command, or of its answers, is no trouble", async () => {
    for (const text of [
      "*3\r\n$12\r\nBILLAI.CH",
      `AUTH ${port.key}\r\n${"BILLAI.CHECK cleo llm\r\n".repeat(5000)}`,
    ]) {
      const left = Promise.withResolvers<void>();
      const socket = connect(port.port, "127.0.0.1", () =>
        socket.write(text, () => socket.resetAndDestroy()),
      );
      socket.on("close", () => left.resolve());
      socket.on("error", () => {});
      await left.promise;
    }
    expect(await port.redis.ping()).toBe("PONG");
  });

  test("one that sends much and reads late gets every answer", async () => {
    const count = 30_000;
    const answer = Promise.withResolvers<string>();
    let received = "";
    const socket = connect(port.port, "127.0.0.1", () => {
      socket.pause();
      socket.write(`AUTH ${port.key}\r\n`);
      socket.write("BILLAI.CHECK cleo llm\r\n".repeat(count), () => socket.resume());
      socket.write("QUIT\r\n");
    });
    socket.on("data", (data) => {
      received += data.toString("latin1");
    });
    socket.on("close", () => answer.resolve(received));
    socket.on("error", answer.reject);
    expect((await answer.promise).split('"cost":"0"').length - 1).toBe(count);
    expect(received).toEndWith("+OK\r\n");
  });
});
