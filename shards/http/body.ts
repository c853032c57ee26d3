import { BillingError } from "../../src/errors.ts";
import { limits } from "../../src/limits.ts";
import { readJson } from "../../src/money/json.ts";
import { refuseUnstorable } from "./validate.ts";

/** The body's bytes, never more than the limit in memory. Throws and rejects with REQ_004; VAL_001 where the client gave up midway. */
export function readBytes(request: Request): Promise<Uint8Array> {
  const announced = request.headers.get("content-length");
  if (Number(announced ?? 0) > limits.requestBodyBytesMax) throw tooLarge();
  const reading = announced === null ? readStream(request) : request.bytes();
  return reading.then(bounded, endedEarly);
}

function bounded(bytes: Uint8Array): Uint8Array {
  if (bytes.length > limits.requestBodyBytesMax) throw tooLarge();
  return bytes;
}

function endedEarly(error: unknown): never {
  throw error instanceof BillingError ? error : malformed("ended too early");
}

async function readStream({ body }: Request): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body ?? []) {
    size += chunk.length;
    if (size > limits.requestBodyBytesMax) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Reads JSON without losing a digit; an empty body is `{}`. Throws VAL_001. */
export function parseBody(bytes: Uint8Array): unknown {
  const text = decode(bytes);
  if (text.trim() === "") return {};
  if (isNestedTooDeeply(text)) throw malformed(`is nested deeper than ${limits.jsonDepthMax} levels`);
  const value = parse(text);
  refuseUnstorable(text, value);
  return value;
}

const decoder = new TextDecoder("utf-8", { fatal: true });

function decode(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw malformed("is not valid UTF-8");
  }
}

function parse(text: string): unknown {
  try {
    return readJson(text);
  } catch (error) {
    if (error instanceof SyntaxError) throw malformed("is not valid JSON");
    throw error;
  }
}

/** Checked before parsing: the parser copes with any depth, those who walk its result do not. */
function isNestedTooDeeply(text: string): boolean {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (inString) {
      if (code === 0x5c) i += 1;
      else if (code === 0x22) inString = false;
    } else if (code === 0x22) inString = true;
    else if (code === 0x5b || code === 0x7b) {
      depth += 1;
      if (depth > limits.jsonDepthMax) return true;
    } else if (code === 0x5d || code === 0x7d) depth -= 1;
  }
  return false;
}

function malformed(reason: string): BillingError {
  return new BillingError("VAL_001", `Validation error: the request body ${reason}`, { field: "body" });
}

function tooLarge(): BillingError {
  return new BillingError("REQ_004", `The body is larger than ${limits.requestBodyBytesMax} bytes`);
}
