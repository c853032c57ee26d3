import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, spyOn, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runImport } from "../../shards/cli/import.ts";
import { limits } from "../../src/limits.ts";

interface Event {
  readonly event_id: string;
  readonly properties: { readonly n: unknown };
}

type Answering = (events: readonly Event[], request: number) => Response;

/** Counts as the API does, and speaks its envelope. */
class FakeServer {
  readonly counted = new Map<string, unknown>();
  readonly bodyBytes: number[] = [];
  requests = 0;
  /** What is wrong with it. */
  answering: Answering = (events) => this.apply(events);
  readonly #server = Bun.serve({
    port: 0,
    fetch: async (request) => {
      this.requests++;
      const body = await request.text();
      this.bodyBytes.push(Buffer.byteLength(body));
      return this.answering((JSON.parse(body) as { events: Event[] }).events, this.requests);
    },
  });

  get url(): string {
    return this.#server.url.href;
  }

  apply(events: readonly Event[]): Response {
    return results(
      events.map(({ event_id, properties }) => {
        if (properties.n === "bad") return { event_id, status: "orphaned", reason: "value_error" };
        const status = this.counted.has(event_id) ? "duplicate" : "applied";
        this.counted.set(event_id, properties.n);
        return { event_id, status };
      }),
    );
  }

  stop(): Promise<void> {
    return this.#server.stop(true);
  }
}

function results(list: readonly object[]): Response {
  return Response.json(
    { success: true, error: null, payload: { results: list }, input: null },
    { status: 202 },
  );
}

const busy = (): Response => new Response(null, { status: 503, headers: { "Retry-After": "0" } });
const numbers = (count: number) => `n\n${Array.from({ length: count }, (_, i) => i).join("\n")}\n`;

describe("an import", () => {
  let folder: string;
  let server: FakeServer;
  let printed: { out: string; err: string };
  const spies: { mockRestore(): void }[] = [];

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "billai-import-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  beforeEach(() => {
    server = new FakeServer();
    printed = { out: "", err: "" };
    const into = (name: "out" | "err") => (text: string | Uint8Array) => {
      printed[name] += String(text);
      return true;
    };
    spies.push(spyOn(process.stdout, "write").mockImplementation(into("out")));
    spies.push(spyOn(process.stderr, "write").mockImplementation(into("err")));
  });
  afterEach(async () => {
    for (const spy of spies.splice(0)) spy.mockRestore();
    await server.stop();
  });

  const run = (text: string, ...more: string[]): Promise<number> => {
    const file = join(folder, "usage.csv");
    writeFileSync(file, text);
    const call = ["--customer", "c", "--event-type", "t", "--property", "n=n", "--batch", "7"];
    return runImport([file, ...call, "--url", server.url, "--api-key", "k", ...more], {});
  };

  test("counts every row once, whatever answers are lost and however often it is run", async () => {
    server.answering = (events, request) => {
      const answer = server.apply(events);
      return request % 3 === 0 ? busy() : answer;
    };
    expect([await run(numbers(100)), await run(numbers(100))]).toEqual([0, 0]);
    expect([...server.counted.values()].sort((a, b) => Number(a) - Number(b))).toEqual(
      Array.from({ length: 100 }, (_, i) => i),
    );
  });

  test("goes on where it was cut off", async () => {
    server.answering = (events, request) =>
      request <= 5
        ? server.apply(events)
        : Response.json({ error: { code: "AUTH_001", msg: "no" }, payload: null });
    expect(await run(numbers(100), "--concurrency", "1")).toBe(1);
    expect(printed.err).toContain("Stopped: no");
    expect(server.counted.size).toBe(35);
    server.answering = (events) => server.apply(events);
    expect(await run(numbers(100))).toBe(0);
    expect(server.counted.size).toBe(100);
    expect(printed.out).toMatch(/applied +65\n/);
    expect(printed.out).toMatch(/duplicate +35\n/);
  });

  test("sends again what is answered in half, and says that it waits", async () => {
    server.answering = (events, request) => {
      const answer = server.apply(events);
      return request === 1 ? new Response('{"success":tr', { status: 502 }) : answer;
    };
    expect(await run(numbers(10))).toBe(0);
    expect(server.counted.size).toBe(10);
    expect(printed.out).toContain("is away or busy (502); trying again");
  });

  test("sends only those again that could not be stored", async () => {
    const away = ({ event_id }: Event) => ({ event_id, status: "rejected", code: "DEP_001", msg: "away" });
    const sizes: number[] = [];
    server.answering = (events, request) => {
      sizes.push(events.length);
      if (request > 1) return server.apply(events);
      server.apply(events.slice(0, 5));
      const stored = events.slice(0, 5).map(({ event_id }) => ({ event_id, status: "applied" }));
      return results([...stored, ...events.slice(5).map(away)]);
    };
    expect(await run(numbers(7))).toBe(0);
    expect(sizes).toEqual([7, 2]);
    expect(server.counted.size).toBe(7);
  });

  test("keeps requests below the server's bound", async () => {
    const rows = Array.from({ length: 5 }, (_, i) => `${i}${"x".repeat(limits.requestBodyBytesMax * 0.4)}`);
    expect(await run(`n\n${rows.join("\n")}\n`)).toBe(0);
    expect(server.counted.size).toBe(5);
    expect(Math.max(...server.bodyBytes)).toBeLessThanOrEqual(limits.requestBodyBytesMax);
  });

  test("ends with 1 and names the rows that are not counted", async () => {
    expect(await run("n\n1\nbad\n")).toBe(1);
    expect(printed.out).toContain("row 2: orphaned, value_error");
  });

  test("sends what stands before a quote that is left open, and says that the rest was not read", async () => {
    expect(await run('n\n1\n2\n"3\n4\n')).toBe(1);
    expect([...server.counted.values()]).toEqual([1, 2]);
    expect(printed.out).toContain("row 3: unusable, a quote is left open; nothing behind it was read");
  });

  test("sends nothing in a dry run", async () => {
    expect(await run("n\n1\n\n2\n", "--dry-run")).toBe(0);
    expect(server.requests).toBe(0);
    expect(printed.out).toMatch(/readable +2\n/);
  });

  test("stops at an address where something else answers", async () => {
    server.answering = () => new Response("<html>", { status: 404 });
    expect(await run(numbers(3))).toBe(1);
    expect(printed.err).toContain("does not speak the BillAI API (404)");
  });

  test("ends with 2 where the call is wrong", async () => {
    expect(
      await runImport(["nowhere.csv", "--customer", "c", "--event-type", "t", "--api-key", "k"], {}),
    ).toBe(2);
    expect(printed.err).toContain("There is no file nowhere.csv.");
    expect(await run("m\n1\n")).toBe(2);
    expect(printed.err).toContain("There is no column n; the file has m.");
  });
});
