import { start as startKafka } from "./kafka.ts";
import { start as startRedis } from "./redis.ts";
import type { Service } from "./service.ts";

/** Engines by name, and the variable that says one runs already. A new one is a file beside this and a row here. */
const engines = [
  { name: "kafka", variable: "KAFKA_BROKERS", start: startKafka },
  { name: "redis", variable: "REDIS_URL", start: startRedis },
] as const;

/**
 * `bun tests/services/run.ts -- <command>` starts the engines that can run here, runs the command with their
 * addresses in its environment, and ends them. Engines that are given in the environment are taken as they are;
 * one that cannot start is left out aloud, and its tests skip.
 */
async function main(command: readonly string[]): Promise<number> {
  if (command.length === 0) {
    say("usage: bun tests/services/run.ts -- <command>");
    return 2;
  }
  const env: Record<string, string | undefined> = { ...process.env };
  const services: Service[] = [];
  let stopped = false;
  const stop = (): void => {
    stopped = true;
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, stop);
  try {
    for (const { name, variable, start } of engines) {
      if (env[variable] !== undefined) continue;
      try {
        const service = await start();
        services.push(service);
        Object.assign(env, service.env);
        say(
          `services: ${name} runs (${Object.entries(service.env).map(([key, value]) => `${key}=${value}`)})`,
        );
      } catch (error) {
        say(`services: NO ${name.toUpperCase()}, its tests will be skipped: ${error}`);
      }
    }
    if (stopped) return 130;
    const child = Bun.spawn([...command], { env, stdin: "inherit", stdout: "inherit", stderr: "inherit" });
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => child.kill(signal));
    return await child.exited;
  } finally {
    await Promise.allSettled(services.map((service) => service.stop()));
  }
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

const [, , separator, ...rest] = process.argv;
process.exit(
  await main(separator === "--" ? rest : [separator ?? "", ...rest].filter((word) => word !== "")),
);
