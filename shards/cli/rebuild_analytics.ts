import { type Environment, readConfig } from "../../src/config.ts";
import { restartFeed } from "../engines.ts";
import { openDatabase } from "../ground.ts";

/** `rebuild-analytics`: whoever feeds analytics makes its tables anew and feeds everything again. Answers the exit code. */
export async function rebuildAnalytics(env: Environment, out: (text: string) => void): Promise<number> {
  const config = readConfig(env);
  const database = await openDatabase(config, (line) => out(`${line}\n`));
  try {
    await restartFeed(database.url);
  } finally {
    await database.close();
  }
  out("All usage is fed to analytics again: within seconds where BillAI runs, else with its next start.\n");
  out("Until that is done, reports are answered from the store.\n");
  return 0;
}
