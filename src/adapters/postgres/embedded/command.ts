/** Whether a program succeeded, and what it said. */
export interface Ended {
  readonly ok: boolean;
  readonly output: string;
}

/**
 * What child processes find around them. Not our environment: it may hold secrets, and variables like PGOPTIONS
 * would change what they do. Not our folder either: their user may not be able to enter it.
 */
export const surroundings =
  process.platform === "win32" ? {} : { cwd: "/", env: { LC_ALL: "C", TZ: "UTC", PATH: "/usr/bin:/bin" } };

/** Runs a program to its end. One that cannot be started has failed, with the reason as its output. */
export async function run(command: readonly string[]): Promise<Ended> {
  try {
    const child = Bun.spawn([...command], {
      ...surroundings,
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    });
    const [out, err, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
    return { ok: code === 0, output: `${out}${err}`.trim() };
  } catch (error) {
    return { ok: false, output: error instanceof Error ? error.message : String(error) };
  }
}
