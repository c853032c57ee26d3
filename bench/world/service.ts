import { join } from "node:path";
import type { ServiceName } from "../baselines/services.ts";

/** A service the program is measured beside, in a process of its own. */
export interface Service {
  readonly url: string;
  stop(): Promise<void>;
}

/** @param engine the address of what it asks, if it asks anything */
export async function startService(name: ServiceName, engine = ""): Promise<Service> {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, "../baseline.ts"), name, engine], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let said = "";
  const decoder = new TextDecoder();
  for await (const chunk of child.stdout) {
    said += decoder.decode(chunk, { stream: true });
    const url = /listening on (\S+)\n/.exec(said)?.[1];
    if (url === undefined) continue;
    return {
      url,
      stop: async () => {
        child.kill();
        await child.exited;
      },
    };
  }
  throw new Error(`${name} does not serve`);
}
