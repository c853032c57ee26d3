import { type TUnsafe, Type } from "@sinclair/typebox";
import { invalid } from "./errors.ts";
import { idPrefixOf } from "./ids.ts";

// No control characters, and surrogates in pairs only: what every store takes and no terminal trips over.
// Written as runs, not as a choice per character, which takes twice the time on the ingest path.
const clean =
  "^[^\\u0000-\\u001f\\u007f\\ud800-\\udfff]*(?:[\\ud800-\\udbff][\\udc00-\\udfff][^\\u0000-\\u001f\\u007f\\ud800-\\udfff]*)*$";

/** A line of text of 1 to `maxLength` characters, without control characters or lone surrogates. */
export const Text = (maxLength: number) => Type.String({ minLength: 1, maxLength, pattern: clean });

/** Names another resource by its id or its key, or by a word of the caller's own. */
export const Ref = Text(255);

/** A name the caller gives a resource, for use wherever its id is. */
export const Key = Type.String({
  pattern: "^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$",
  description: "Up to 128 letters, digits, '.', '_', ':' or '-'; accepted wherever the id is",
});

/** One of the given words. */
export function OneOf<const Words extends readonly string[]>(words: Words): TUnsafe<Words[number]> {
  return Type.Unsafe<Words[number]>(Type.Union(words.map((word) => Type.Literal(word))));
}

/** Throws VAL_001 for a key that reads as an id: nobody could tell what it names. */
export function checkKey(key: string, field: string): void {
  if (idPrefixOf(key) !== null) throw invalid(field, "must not have the form of an id");
}
