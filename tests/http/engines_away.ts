import { expect } from "bun:test";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { doctor } from "../../shards/cli/doctor.ts";
import { Server } from "../chaos/server.ts";
import { stockBillingWorld, usage } from "./billing_world.ts";

const waitMsMax = 60_000;
/** What issue and API promise: the engine's state is told by then. */
const healthMsMax = 2000;
const eventsOfMonth = 100;

type Engine = "database" | "cache" | "message_broker" | "ledger";

/**
 * The real program on an engine that goes and comes back, and a customer's month that is the same whatever happens:
 * a hundred events, each sent until it is taken, then the invoice.
 */
export class Month {
  readonly server: Server;
  readonly #dataDir: string;
  readonly #env: Readonly<Record<string, string>>;
  #clock = "";
  #sent = 0;

  /** @param env the engines; those not named are embedded */
  constructor(env: Readonly<Record<string, string>>) {
    this.#dataDir = mkdtempSync(join(tmpdir(), "billai-away-"));
    chmodSync(this.#dataDir, 0o755); // as root, Postgres runs as someone else, who must get through
    const embedded = { DATABASE_URL: "", KAFKA_BROKERS: "", REDIS_URL: "", TIGERBEETLE_ADDRESSES: "" };
    this.#env = { ...embedded, ...env };
    this.server = new Server(this.#dataDir, this.#env);
  }

  get dataDir(): string {
    return this.#dataDir;
  }

  /** Makes plan and customers, once the program runs. */
  async begin(): Promise<void> {
    const { clock } = await stockBillingWorld(async (method, path, body) => {
      return { id: String((await this.server.must(method, path, body)).id) };
    });
    this.#clock = clock.id;
    await this.check();
  }

  /** Sends the next event. @returns whether it was taken; where it was not, that is told as API.md says */
  async send(): Promise<boolean> {
    const event = usage(`e${this.#sent}`, "ada", "2023-11-16T18:17:03.979Z", 100_000, 1000);
    const { status, code, headers } = await this.server.call("POST", "/usage/events", event);
    if (status === 202) this.#sent += 1;
    else expect([status, code, headers.get("retry-after")]).toEqual([503, "DEP_001", "1"]);
    return status === 202;
  }

  /** Sends so many events, each of which must be taken at once. */
  async sendTaken(count: number): Promise<void> {
    for (let i = 0; i < count; i++) expect(await this.send()).toBe(true);
  }

  /** What one more event would cost. */
  async check(): Promise<unknown> {
    const properties = { input_tokens: 10, output_tokens: 10 };
    const question = { customer_id: "ada", event_type: "llm", properties };
    return (await this.server.must("POST", "/spend-control/check", question)).allowed;
  }

  /** An event that was sent before comes to be applied: sent again it is a duplicate, of which nobody hears before. */
  async isApplied(event: unknown): Promise<void> {
    for (const deadline = performance.now() + waitMsMax; ; await Bun.sleep(50)) {
      const { results } = await this.server.must("POST", "/usage/events?wait=applied", event);
      const [{ status } = { status: "" }] = results as { status: string }[];
      if (status === "duplicate") return;
      expect(status).toBe("accepted");
      if (performance.now() > deadline) throw new Error("it is not applied");
    }
  }

  /** Customers come to be served again: a process that was out of the group of shards has to be let in first. */
  async isServing(): Promise<void> {
    const question = {
      customer_id: "ada",
      event_type: "llm",
      properties: { input_tokens: 1, output_tokens: 1 },
    };
    for (const deadline = performance.now() + waitMsMax; ; await Bun.sleep(50)) {
      const { status, code } = await this.server.call("POST", "/spend-control/check", question);
      if (status === 200) return;
      expect([status, code]).toEqual([503, "DEP_001"]);
      if (performance.now() > deadline) throw new Error("no customer is served");
    }
  }

  /** A request that must be refused as something is away. */
  async refused(method: string, path: string, body?: unknown): Promise<void> {
    const { status, code, headers } = await this.server.call(method, path, body);
    expect([path, status, code, headers.get("retry-after")]).toEqual([path, 503, "DEP_001", "1"]);
  }

  async health(): Promise<{ status: number; told: string; dependencies: Record<Engine, string> }> {
    const response = await fetch(`${this.server.url}/health`);
    const { status, dependencies } = (await response.json()) as {
      status: string;
      dependencies: Record<Engine, string>;
    };
    return { status: response.status, told: status, dependencies };
  }

  /** `/health` says so in time, however long the engine keeps silent. */
  async isToldAway(engine: Engine): Promise<void> {
    const begun = performance.now();
    let health = await this.health();
    while (health.dependencies[engine] !== "down" && performance.now() - begun < waitMsMax)
      health = await this.health();
    expect(performance.now() - begun).toBeLessThan(healthMsMax);
    const isDead = engine === "database" || engine === "message_broker";
    expect([health.status, health.told]).toEqual(isDead ? [503, "unhealthy"] : [200, "degraded"]);
  }

  /** `/health` comes to say that all is well, with nothing done to the program. */
  async isToldBack(): Promise<void> {
    const deadline = performance.now() + waitMsMax;
    let health = await this.health();
    while (health.told !== "healthy" && performance.now() < deadline) {
      await Bun.sleep(50);
      health = await this.health();
    }
    expect([health.status, health.told]).toEqual([200, "healthy"]);
  }

  /** What it has said begins to hold such a line. */
  async hasSaid(line: RegExp): Promise<void> {
    for (
      const deadline = performance.now() + waitMsMax;
      !this.server.said.some((said) => line.test(said));
    ) {
      if (performance.now() > deadline)
        throw new Error(`${line} was not said: ${this.server.said.join("\n")}`);
      await Bun.sleep(20);
    }
  }

  /** The rest of the month, and what is due for all of it. */
  async end(): Promise<void> {
    while (this.#sent < eventsOfMonth) if (!(await this.send())) await Bun.sleep(50);
    await this.server.must("POST", `/admin/test-clocks/${this.#clock}/advance`, {
      to: "2023-12-02T00:00:00Z",
    });
    const invoices = (await this.server.must("GET", "/invoicing/invoices?customer_id=ada")) as unknown as {
      total: string;
      line_items: { quantity: string; amount: string }[];
    }[];
    // 10,000,000 in: 5,000,000 × 0.000003 + 5,000,000 × 0.0000024 = 27; 100,000 out: × 0.000015 = 1.5; 20 for the month
    expect(invoices.map(({ total }) => total)).toEqual(["48.50"]);
    expect(invoices[0]?.line_items.map(({ quantity, amount }) => [quantity, amount])).toEqual([
      ["1", "20.00"],
      ["10000000", "27.00"],
      ["100000", "1.50"],
    ]);
    // A ledger that is not in the store follows.
    let balance: unknown;
    for (const deadline = performance.now() + waitMsMax; balance !== "48.5000000000"; await Bun.sleep(50)) {
      if (performance.now() > deadline) throw new Error(`the receivable is ${balance}`);
      const [account] = (await this.server.must(
        "GET",
        "/admin/ledger/accounts?customer_id=ada&code=1100",
      )) as unknown as { balance: string }[];
      balance = account?.balance;
    }
  }

  /** Stops the program and audits what it leaves: every charge rated anew, every balance of the ledger. */
  async close(): Promise<void> {
    await this.server.stop();
    let report = "";
    const code = await doctor({ ...process.env, ...this.#env, BILLAI_DATA_DIR: this.#dataDir }, (text) => {
      report += text;
    });
    rmSync(this.#dataDir, { recursive: true, force: true });
    expect([code, report]).toEqual([0, expect.stringContaining("customers audited: every identity holds")]);
  }

  /** Ends what a failed test has left. */
  async abandon(): Promise<void> {
    await this.server.stop();
    rmSync(this.#dataDir, { recursive: true, force: true });
  }
}
