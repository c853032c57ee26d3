import { statSync } from "node:fs";
import { Unreachable } from "./api_client.ts";
import { BrokenFile } from "./import/broken_file.ts";
import { eventOf } from "./import/event.ts";
import { type ImportOptions, importHelp, readOptions, UsageError } from "./import/options.ts";
import { csvFile, ndjsonFile } from "./import/rows.ts";
import { CannotSend, eventsBytesMax, type Outgoing, Sender } from "./import/sender.ts";
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
    else if (error instanceof CannotSend || error instanceof Unreachable)
      process.stderr.write(`\nStopped: ${error.message}. Run it again to go on.\n`);
    else throw error;
    return error instanceof UsageError ? 2 : 1;
  }
}

async function importFile(options: ImportOptions): Promise<number> {
  const tally = new Tally(sizeOf(options.file), out, process.stdout.isTTY === true);
  const sender = new Sender(
    options,
    (verdicts) => tally.add(verdicts),
    (why) => tally.say(`${why}; trying again`),
  );
  for await (const batch of batches(options, tally)) await sender.send(batch);
  await sender.finish();
  return tally.summarize();
}

/** The file's events in portions for requests, bounded in number and bytes. What makes no event goes to the tally. */
async function* batches(options: ImportOptions, tally: Tally): AsyncGenerator<Outgoing[]> {
  let batch: Outgoing[] = [];
  let bytes = 0;
  try {
    for await (const row of rowsOf(options, (count) => tally.read(count))) {
      const made = eventOf(row, options);
      if ("fault" in made) tally.add([{ row: row.number, status: "unusable", why: made.fault }]);
      else if (options.dryRun) tally.add([{ row: row.number, status: "readable", why: "" }]);
      else {
        const size = Buffer.byteLength(made.json) + 1;
        if (batch.length === options.batch || bytes + size > eventsBytesMax) {
          yield batch;
          batch = [];
          bytes = 0;
        }
        batch.push({ row: row.number, json: made.json });
        bytes += size;
      }
    }
  } catch (error) {
    if (!(error instanceof BrokenFile)) throw error;
    tally.add([{ row: error.row, status: "unusable", why: `${error.message}; nothing behind it was read` }]);
  }
  if (batch.length > 0) yield batch;
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
