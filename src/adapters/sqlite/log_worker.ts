import { parentPort, workerData } from "node:worker_threads";
import { assert } from "../../errors.ts";
import { LogFile } from "./log_file.ts";
import { type Packet, pack, unpack } from "./packet.ts";

/** What the worker is started with. */
export interface LogWorkerData {
  readonly file: string;
  readonly partitions: number;
}

/** What the worker is asked; it answers in the order of asking. */
export type LogRequest =
  | { readonly type: "append"; readonly packet: Packet }
  | {
      readonly type: "read";
      readonly partition: number;
      readonly offset: number;
      readonly records: number;
      readonly bytes: number;
    }
  | { readonly type: "close" };

/**
 * The first answer tells the partitions' ends, or why the file cannot be opened. An append's packet comes back, so
 * that its bytes can be kept without a copy.
 */
export type LogAnswer =
  | { readonly type: "opened"; readonly ends: readonly number[] }
  | { readonly type: "packet"; readonly packet: Packet }
  | { readonly type: "closed" }
  | { readonly type: "failed"; readonly reason: string };

/** The thread that owns the log's file: a sync blocks it and nothing else. */
function main(): void {
  const port = parentPort;
  assert(port !== null, "the log's worker runs as a worker");
  const send = (answer: LogAnswer): void => {
    port.postMessage(answer, answer.type === "packet" ? [answer.packet.bytes.buffer] : []);
  };
  const { file, partitions } = workerData as LogWorkerData;
  try {
    const log = new LogFile(file, partitions);
    port.on("message", (request: LogRequest) => {
      try {
        send(answerOf(log, request));
      } catch (error) {
        send({ type: "failed", reason: reasonOf(error) });
      }
    });
    send({ type: "opened", ends: log.ends() });
  } catch (error) {
    send({ type: "failed", reason: reasonOf(error) });
  }
}

function answerOf(log: LogFile, request: LogRequest): LogAnswer {
  switch (request.type) {
    case "append":
      log.append(unpack(request.packet));
      return { type: "packet", packet: request.packet };
    case "read": {
      const { partition, offset, records, bytes } = request;
      return { type: "packet", packet: pack(log.read(partition, offset, records, bytes)) };
    }
    case "close":
      log.close();
      return { type: "closed" };
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

main();
