/**
 * How arrays of one dimension are written and read, by their types' numbers in Postgres. The driver could ask for them
 * on each connection; one that is lost meanwhile would end the process by a rejection nobody can handle.
 *
 * @param safeInteger reads a bigint
 */
export function arrayTypes(safeInteger: (text: string) => number) {
  return {
    boolean_array: arrayType(1000, (text) => text === "t"),
    integer_array: arrayType(1007, Number),
    text_array: arrayType(1009, String),
    bigint_array: arrayType(1016, safeInteger),
    numeric_array: arrayType(1231, String),
    uuid_array: arrayType(2951, String),
  };
}

type Element = string | number | boolean | null;

function arrayType<T>(number: number, parse: (text: string) => T) {
  return {
    to: number,
    from: [number],
    serialize,
    parse: (text: string) =>
      [...text.matchAll(/"((?:[^"\\]|\\.)*)"|[^,{}]+/gs)].map((match) => {
        const [whole, quoted] = match;
        if (quoted !== undefined) return parse(quoted.replace(/\\(.)/gs, "$1"));
        return whole === "NULL" ? null : parse(whole);
      }),
  };
}

/**
 * An array as JSON is one in Postgres, too, which is the fastest way to write it, unless it escapes more than quotes and
 * backslashes.
 */
function serialize(elements: readonly Element[]): string {
  const json = JSON.stringify(elements);
  const isAlike = !json.includes("\\") || !/\\[^"\\]/.test(json);
  return isAlike ? `{${json.slice(1, -1)}}` : `{${elements.map(literal).join()}}`;
}

function literal(element: Element): string {
  return element === null ? "NULL" : `"${String(element).replace(/["\\]/g, "\\$&")}"`;
}
