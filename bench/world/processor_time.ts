import { readdirSync, readFileSync } from "node:fs";

/** Of Linux, in a second. */
const ticks = 100;

/** Seconds of processor time that a process has used, and all that it has started, those that have ended included. */
export function processorSeconds(pid: number): number {
  const stats = new Map<number, { parent: number; used: number }>();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const stat = statOf(name);
    if (stat !== null) stats.set(Number(name), stat);
  }
  const sum = (of: number): number => {
    let used = stats.get(of)?.used ?? 0;
    for (const [child, { parent }] of stats) if (parent === of) used += sum(child);
    return used;
  };
  return sum(pid) / ticks;
}

/** Null where the process has ended meanwhile. */
function statOf(pid: string): { parent: number; used: number } | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // After the name, which may hold anything: state, parent, …, the 12th to 15th are times of its own and its children.
    const fields = stat
      .slice(stat.lastIndexOf(")") + 2)
      .split(" ")
      .map(Number);
    const used = fields.slice(11, 15).reduce((a, b) => a + b, 0);
    return { parent: fields[1] ?? 0, used };
  } catch {
    return null;
  }
}
