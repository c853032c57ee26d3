// Loaded before a program, it notes in the file of BENCH_PROBE by how much the program's loop is late, and how long of that
// it waited for a processor, in milliseconds.
import { appendFileSync, readFileSync } from "node:fs";

const file = process.env.BENCH_PROBE ?? "";
const everyMs = 1;
const writtenEveryMs = 1000;
let late: string[] = [];
let dueAt = 0;
let waited = 0;
let writtenAt = performance.now();

function tick(): void {
  const now = performance.now();
  late.push(`${(now - dueAt).toFixed(2)} ${(waitedMs() - waited).toFixed(2)}`);
  if (now - writtenAt >= writtenEveryMs) {
    appendFileSync(file, `${late.join("\n")}\n`);
    late = [];
    writtenAt = now;
  }
  again();
}

function again(): void {
  waited = waitedMs();
  dueAt = performance.now() + everyMs;
  setTimeout(tick, everyMs).unref();
}

/** How long the loop's thread has been ready to run while others ran; 0 where the system does not tell. */
function waitedMs(): number {
  try {
    return Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, "latin1").split(" ")[1]) / 1e6;
  } catch {
    return 0;
  }
}

if (file !== "") again();
