import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { firstStart } from "../../shards/cli/first_start.ts";
import { arrangeEventLog } from "../../shards/ground.ts";
import { type Running, serve } from "../../shards/serve.ts";
import { readConfig } from "../../src/config.ts";
import { expectSoundLedger } from "../ledger/sound.ts";
import { openTestPostgres } from "../postgres.ts";

const admin = { email: "several@example.com", password: "a password for several" };

/** What came back of a call. */
export interface Heard {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly payload: Record<string, unknown>;
  readonly id: string;
}

/** A call to one of the processes, by its index. */
export type Ask = (
  process: number,
  method: string,
  path: string,
  body?: unknown,
  key?: string,
) => Promise<Heard>;

export type Several = Awaited<ReturnType<typeof openSeveral>>;

/**
 * A data directory and a database that outlive the processes a test starts on them.
 *
 * @param kafkaBrokers what keeps the log and shares the customers out; empty: files, and shares that are fixed
 * @param respPort where they all answer Redis clients; empty: nowhere
 */
export async function openSeveral(kafkaBrokers = "", respPort = "") {
  const database = await openTestPostgres();
  const dataDir = mkdtempSync(join(tmpdir(), "billai-several-"));
  const config = readConfig({
    BILLAI_DATA_DIR: dataDir,
    DATABASE_URL: database.url,
    KAFKA_BROKERS: kafkaBrokers,
    BILLAI_PORT: "0",
    BILLAI_RESP_PORT: respPort,
    CLICKHOUSE_URL: "off", // chDB is one to a process, and here are several in one
    BILLAI_SERVICE_PORTS: "off",
    BILLAI_DEMO: "off",
    BILLAI_ADMIN_EMAIL: admin.email,
    BILLAI_ADMIN_PASSWORD: admin.password,
  });
  const running: Running[] = [];
  const said: string[] = [];
  let token: string | null = null;
  const say = (line: string) => said.push(line);

  const ask: Ask = async (process, method, path, body, key) => {
    const url = `${running[process]?.servers.url}/api/v1${path}`;
    const headers = {
      ...(token === null ? {} : { Authorization: `Bearer ${token}` }),
      ...(key === undefined ? {} : { "Idempotency-Key": key }),
    };
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    const response = await fetch(url, { method, headers, ...sent });
    const text = await response.text();
    const { payload } = JSON.parse(text) as { payload: Record<string, unknown> };
    return { status: response.status, headers: response.headers, text, payload, id: String(payload?.id) };
  };

  return {
    database,
    said,
    ask,
    running,
    /** Starts so many processes on what is stored, as the supervisor would. */
    async start(count: number): Promise<void> {
      if (count > 1) await arrangeEventLog(config, count, () => {});
      const all = Array.from({ length: count }, (_, index) => serve(config, say, () => {}, { index, count }));
      running.push(...(await Promise.all(all)));
      const [first] = running;
      if (first === undefined) throw new Error("there is no process");
      await firstStart({ config, running: first, demo: false, out: () => {}, interactive: false });
      token ??= String((await ask(0, "POST", "/auth/login", admin)).payload.access_token);
    },
    /** Starts one more, as on another machine; resolves once it has its share. */
    async join(): Promise<void> {
      running.push(await serve(config, say, () => {}));
    },
    /** Ends the one that came first, while the others go on. */
    async leave(): Promise<void> {
      await running.shift()?.stop();
    },
    /** Ends one of them and starts it again, while the others go on. */
    async restart(index: number): Promise<void> {
      const { length: count } = running;
      await running[index]?.stop();
      running[index] = await serve(config, say, () => {}, { index, count });
    },
    async stop(): Promise<void> {
      const [first] = running;
      if (first !== undefined) await expectSoundLedger(first.services);
      for (const one of running.splice(0).toReversed()) await one.stop();
    },
    async close(): Promise<void> {
      for (const one of running.splice(0)) await one.stop();
      await database.close();
      rmSync(dataDir, { recursive: true });
    },
  };
}
