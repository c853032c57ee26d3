// `bun bench/baseline.ts NAME [URL]` serves one of the services that the program is measured beside.
import { services } from "./baselines/services.ts";

const [, , wanted = "", url = ""] = process.argv;
const make = Object.entries(services).find(([name]) => name === wanted)?.[1];
if (make === undefined) {
  process.stderr.write(`No service is called '${wanted}'; there are ${Object.keys(services).join(", ")}.\n`);
  process.exit(2);
}
const fetch = await make(url);
const server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch });
process.stdout.write(`listening on http://127.0.0.1:${server.port}\n`);
