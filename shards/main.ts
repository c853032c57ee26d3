import { readConfig } from "../src/config.ts";
import { BillingError } from "../src/errors.ts";
import { firstStart } from "./cli/first_start.ts";
import { helpText } from "./cli/help.ts";
import { serve } from "./serve.ts";

const out = (text: string): void => {
  process.stdout.write(text);
};
const say = (line: string): void => {
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
    case "import": {
      const { runImport } = await import("./cli/import.ts");
      return runImport([...args], process.env);
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
  const running = await serve(config, say, (partition) => {
    say(`Another process has taken over partition ${partition}; this one stops.`);
    void stop(1);
  });
  let stopping: Promise<void> | null = null;
  const stop = (code: number): Promise<void> => {
    stopping ??= running.stop().then(() => process.exit(code));
    return stopping;
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => void stop(0));
  out(`BillAI listening on ${running.servers.url}\n`);
  await firstStart({ config, running, demo, out, interactive: process.stdout.isTTY === true });
}

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
