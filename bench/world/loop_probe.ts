// Loaded before a program, it notes in the file of BENCH_PROBE by how much the program's loop is late, in milliseconds.
import { appendFileSync } from "node:fs";

const file = process.env.BENCH_PROBE ?? "";
const everyMs = 1;
const writtenEveryMs = 1000;
let late: number[] = [];
let dueAt = performance.now() + everyMs;
let writtenAt = performance.now();

function tick(): void {
  const now = performance.now();
  late.push(now - dueAt);
  if (now - writtenAt >= writtenEveryMs) {
    appendFileSync(file, `${late.map((millis) => millis.toFixed(2)).join("\n")}\n`);
    late = [];
    writtenAt = now;
  }
  dueAt = performance.now() + everyMs;
  setTimeout(tick, everyMs).unref();
}

if (file !== "") setTimeout(tick, everyMs).unref();
