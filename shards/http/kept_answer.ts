import type { StoredAnswer } from "../../src/ports/stored_rows.ts";
import type { CommandResult, QueuedCommand } from "../inbox.ts";
import type { Context } from "./route.ts";

/**
 * For a command to an actor: renders what it came to, so that the answer is kept under the request's
 * Idempotency-Key in the very commit of its facts.
 */
export function keptAnswer(ctx: Pick<Context, "keep">, status: number): QueuedCommand["answer"] {
  return (result: CommandResult): StoredAnswer | null =>
    ctx.keep("error" in result ? result.error : { status, payload: result.payload });
}
