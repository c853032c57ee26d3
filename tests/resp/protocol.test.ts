import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { bulk, CommandReader, failure, pairs } from "../../shards/resp/protocol.ts";
import { limits } from "../../src/limits.ts";

const wire = (words: readonly Uint8Array[]): Buffer => {
  const parts = [Buffer.from(`*${words.length}\r\n`)];
  for (const word of words)
    parts.push(Buffer.from(`$${word.length}\r\n`), Buffer.from(word), Buffer.from("\r\n"));
  return Buffer.concat(parts);
};

/** Feeds the bytes in pieces that end at these places. */
function readIn(bytes: Buffer, cuts: readonly number[]) {
  const reader = new CommandReader();
  const commands: Buffer[][] = [];
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].toSorted((a, b) => a - b);
  let from = 0;
  for (const to of [...places, bytes.length]) {
    const read = reader.take(Buffer.from(bytes.subarray(from, to)));
    commands.push(...read.commands.map((command) => [...command]));
    if (read.fault !== null) return { commands, fault: read.fault };
    from = to;
  }
  return { commands, fault: null };
}

const word = fc.uint8Array({ maxLength: 40 });
const command = fc.array(word, { minLength: 1, maxLength: limits.respArgumentsMax });
const cuts = fc.array(fc.nat(), { maxLength: 30 });

describe("the RESP reader", () => {
  test("law: finds the same commands however their bytes are split", () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 8 }), cuts, (commands, places) => {
        const read = readIn(Buffer.concat(commands.map(wire)), places);
        expect(read.fault).toBeNull();
        expect(read.commands.map((c) => c.map((w) => w.toString("hex")))).toEqual(
          commands.map((c) => c.map((w) => Buffer.from(w).toString("hex"))),
        );
      }),
    );
  });

  test("law: garbage is read or refused, and never thrown at anybody", () => {
    const text = fc.string({
      unit: fc.constantFrom("*", "$", "-", "1", "9", "\r", "\n", "\r\n", "a", " ", "\0"),
    });
    const garbage = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      text.map((chars) => Buffer.from(chars)),
    );
    fc.assert(
      fc.property(garbage, cuts, (bytes, places) => {
        for (const found of readIn(Buffer.from(bytes), places).commands)
          expect(found.length).toBeGreaterThan(0);
      }),
      { numRuns: 1000 },
    );
  });

  test("takes a line of words, as somebody types it", () => {
    const { commands } = readIn(Buffer.from("\r\n  PING \t hello\r\nECHO x\n"), []);
    expect(commands.map((c) => c.map(String))).toEqual([
      ["PING", "hello"],
      ["ECHO", "x"],
    ]);
  });

  test.each([
    ["*x\r\n", "invalid multibulk length"],
    [`*${limits.respArgumentsMax + 1}\r\n`, "invalid multibulk length"],
    ["*1\r\n+OK\r\n", "expected '$'"],
    ["*1\r\n$-1\r\n", "invalid bulk length"],
    [`*1\r\n$${limits.respCommandBytesMax + 1}\r\n`, "invalid bulk length"],
    [`*2\r\n$2\r\nab\r\n$${limits.respCommandBytesMax - 1}\r\n`, "invalid bulk length"],
    [`*${"1".repeat(40)}`, "invalid multibulk length"],
    ["a".repeat(limits.respInlineBytesMax + 1), "too big inline request"],
  ])("refuses %j without waiting for more", (text, fault) => {
    expect(new CommandReader().take(Buffer.from(text)).fault).toBe(fault);
    expect(readIn(Buffer.from(`PING\r\n${text}`), [])).toMatchObject({
      fault,
      commands: [[expect.anything()]],
    });
  });
});

test("answers are framed by their bytes, and errors keep to one line", () => {
  expect(bulk("€")).toBe("$3\r\n€\r\n");
  expect(failure("VAL_001", "a\r\nb")).toBe("-VAL_001 a b\r\n");
  expect(pairs([["a", ":1\r\n"]], 2)).toBe("*2\r\n$1\r\na\r\n:1\r\n");
  expect(pairs([["a", ":1\r\n"]], 3)).toBe("%1\r\n$1\r\na\r\n:1\r\n");
});
