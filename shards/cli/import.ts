import { statSync } from "node:fs";
import { eventOf } from "./import/event.ts";
import { type ImportOptions, importHelp, readOptions, UsageError } from "./import/options.ts";
import { csvFile, ndjsonFile } from "./import/rows.ts";
import { CannotSend, type Outgoing, Sender } from "./import/sender.ts";
import { Tally } from "./import/tally.ts";

const out = (text: string): void => {
  process.stdout.write(text);
};

/** Carries out `import`. Answers the exit code: 0 when every row is in, 1 when some are not, 2 for a wrong call. */
export async function runImport(
  args: string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<number> {
  try {
    const options = readOptions(args, env);
    if (options === null) {
      out(importHelp);
      return 0;
    }
    return await importFile(options);
  } catch (error) {
    if (error instanceof UsageError)
      process.stderr.write(`${error.message}\nTry: npm start -- import --help\n`);
    else if (error instanceof CannotSend)
      process.stderr.write(`\nStopped: ${error.message}. Run it again to go on.\n`);
    else throw error;
    return error instanceof UsageError ? 2 : 1;
  }
}

async function importFile(options: ImportOptions): Promise<number> {
  const tally = new Tally(sizeOf(options.file), out, process.stdout.isTTY === true);
  const sender = new Sender(options, (verdicts) => tally.add(verdicts));
  let batch: Outgoing[] = [];
  for await (const row of rowsOf(options, (bytes) => tally.read(bytes))) {
    const made = eventOf(row, options);
    if ("fault" in made) tally.add([{ row: row.number, status: "unusable", why: made.fault }]);
    else if (options.dryRun) tally.add([{ row: row.number, status: "readable", why: "" }]);
    else batch.push({ row: row.number, event: made.event });
    if (batch.length < options.batch) continue;
    await sender.send(batch);
    batch = [];
  }
  if (batch.length > 0) await sender.send(batch);
  await sender.finish();
  return tally.summarize();
}

function rowsOf(options: ImportOptions, onBytes: (count: number) => void) {
  const bytes = options.file === "-" ? Bun.stdin.stream() : Bun.file(options.file).stream();
  const pieces = decoded(bytes, onBytes);
  if (options.format === "ndjson") return ndjsonFile(pieces);
  const { time, id, properties } = options;
  const columns = [time, id, ...properties.map(({ column }) => column)].filter((column) => column !== null);
  return csvFile(pieces, columns);
}

async function* decoded(
  bytes: ReadableStream<Uint8Array>,
  onBytes: (count: number) => void,
): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  for await (const piece of bytes) {
    onBytes(piece.length);
    yield decoder.decode(piece, { stream: true });
  }
  yield decoder.decode();
}

/** The file's size, for progress; null for standard input. Throws UsageError where there is no such file. */
function sizeOf(file: string): number | null {
  if (file === "-") return null;
  const stat = statSync(file, { throwIfNoEntry: false });
  if (stat === undefined || !stat.isFile()) throw new UsageError(`There is no file ${file}.`);
  return stat.size;
}
