import { type Config, readConfig } from "../src/config.ts";
import { BillingError } from "../src/errors.ts";
import { helpText } from "./cli/help.ts";
import { isHarmless, openGround, type Share } from "./ground.ts";
import type { Say } from "./say.ts";
import { everybodyServes, ready, supervise } from "./supervisor.ts";

const out = (text: string): void => {
  process.stdout.write(text);
};
const say: Say = (line) => {
  process.stderr.write(`${line}\n`);
};

/** Runs one command; answers the exit code, or null while it keeps serving. */
async function run(command: string, args: readonly string[]): Promise<number | null> {
  switch (command) {
    case "help":
    case "--help":
    case "-h":
      out(helpText());
      return 0;
    case "serve":
    case "demo":
      await keepServing(command === "demo");
      return null;
    case "shard":
      await keepSharing(Number(args[0]), Number(args[1]), args[2] === "demo");
      return null;
    case "import": {
      const { runImport } = await import("./cli/import.ts");
      return runImport([...args], process.env);
    }
    case "rebuild-analytics": {
      const { rebuildAnalytics } = await import("./cli/rebuild_analytics.ts");
      return rebuildAnalytics(process.env, out);
    }
    case "migrate":
    case "doctor": {
      const { doctor, migrateOnly } = await import("./cli/doctor.ts");
      return command === "migrate" ? migrateOnly(process.env, out) : doctor(process.env, out);
    }
    default:
      say(`Unknown command '${command}'.\n`);
      say(helpText());
      return 2;
  }
}

async function keepServing(demo: boolean): Promise<void> {
  const config = readConfig(process.env);
  if (config.shards > 1) return superviseShards(config, demo);
  const { running, firstStart } = await startServing(config, (partition) => {
    say(`Another process has taken over partition ${partition}; this one stops.`);
    void stop(1);
  });
  const stop = stoppable(() => running.stop());
  out(`BillAI listening on ${running.servers.url}\n`);
  if (running.respUrl !== null) out(`Redis clients can ask on ${running.respUrl}\n`);
  await firstStart({ config, running, demo, out, interactive: process.stdout.isTTY === true });
}

/** Serves. The database starts while all the rest is loaded, which takes about as long. */
async function startServing(config: Config, onFenced: (partition: number) => void, share?: Share) {
  const ground = await openGround(config, say, share);
  const [{ serveOn }, { firstStart }] = await Promise.all([
    import("./serve.ts"),
    import("./cli/first_start.ts"),
  ]);
  return { running: await serveOn(ground, config, say, onFenced, share), firstStart };
}

async function superviseShards(config: Config, demo: boolean): Promise<void> {
  const supervised = await supervise(config, demo, say);
  stoppable(() => supervised.stop());
  out(`BillAI listening on ${supervised.url} in ${config.shards} processes\n`);
}

/** One of several processes on this machine, as the supervisor starts it. It ends with the supervisor. */
async function keepSharing(index: number, port: number, demo: boolean): Promise<void> {
  const config = { ...readConfig(process.env), port };
  const everybody = new Promise<void>((resolve) => {
    process.on("message", (message) => message === everybodyServes && resolve());
  });
  // Until it serves nothing is promised that a stop would have to keep.
  let stop = async (code: number): Promise<void> => process.exit(code);
  process.on("disconnect", () => void stop(1));
  const share = { index, count: config.shards };
  const { running, firstStart } = await startServing(config, () => {}, share);
  stop = stoppable(() => running.stop());
  process.send?.(ready);
  await everybody;
  await firstStart({ config, running, demo, out, interactive: process.stdout.isTTY === true });
}

/** Ends the process after `stop`, on a signal and when called with the exit code; at once the first time. */
function stoppable(stop: () => Promise<void>): (code: number) => Promise<void> {
  let stopping: Promise<void> | null = null;
  const end = (code: number): Promise<void> => {
    stopping ??= stop().then(() => process.exit(code));
    return stopping;
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => void end(0));
  return end;
}

process.on("uncaughtException", (error) => {
  if (isHarmless(error)) return;
  say(error instanceof Error ? (error.stack ?? error.message) : String(error));
  process.exit(1);
});

const [command = "serve", ...args] = process.argv.slice(2);
try {
  const code = await run(command, args);
  if (code !== null) process.exit(code);
} catch (error) {
  say(
    error instanceof BillingError
      ? error.message
      : error instanceof Error
        ? (error.stack ?? error.message)
        : String(error),
  );
  process.exit(1);
}
