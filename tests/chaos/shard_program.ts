// A shard process as the supervisor starts it, but with a ledger outside of the store: in another database, which is to
// it what TigerBeetle is elsewhere. It is given its index, the front port and that database.
import { firstStart } from "../../shards/cli/first_start.ts";
import { serve } from "../../shards/serve.ts";
import { ready } from "../../shards/supervisor.ts";
import { postgresLedger } from "../../src/adapters/postgres/ledger/ledger.ts";
import { openPools } from "../../src/adapters/postgres/pool.ts";
import { readConfig } from "../../src/config.ts";

const [index, port, url = ""] = process.argv.slice(2);
const config = { ...readConfig(process.env), port: Number(port) };
let stop = async (): Promise<void> => {};
const end = () => void stop().then(() => process.exit(0));
for (const signal of ["SIGTERM", "disconnect"] as const) process.on(signal, end);
const running = await serve(
  config,
  (line) => process.stderr.write(`${line}\n`),
  () => {},
  { index: Number(index), count: config.shards },
  async () => {
    const pools = openPools(url, config.shards);
    return { ledger: postgresLedger(pools.requests, pools.shard), close: () => pools.close() };
  },
);
stop = () => running.stop();
process.send?.(ready);
if (index === "0") {
  const out = (text: string) => void process.stdout.write(text);
  await firstStart({ config, running, demo: false, out, interactive: false });
}
