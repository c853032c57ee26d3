import { Type } from "@sinclair/typebox";
import { invalid } from "./errors.ts";

/** A field of API.md that this version has not got: it passes the schema so that `refuseLater` can say so. */
export const Later = Type.Optional(Type.Unknown({ description: "Not available yet" }));

/** Throws VAL_001 for the first of the fields that is there; `at` is the path of the object they are in. */
export function refuseLater(input: object, fields: readonly string[], at = ""): void {
  for (const field of fields) {
    if (Object.hasOwn(input, field)) throw invalid(at + field, "is not available yet");
  }
}
