import { expect, test } from "bun:test";
import { Closers } from "../../shards/closers.ts";

function recorded() {
  const said: string[] = [];
  const ended: string[] = [];
  const closers = new Closers((line) => said.push(line));
  const end = (what: string) => async () => {
    await null;
    ended.push(what);
  };
  return { said, ended, closers, end };
}

test("what began last ends first, each before the next, and once", async () => {
  const { said, ended, closers, end } = recorded();
  for (const what of ["a", "b", "c"]) closers.add(what, end(what));
  await closers.closeAll();
  await closers.closeAll();
  expect([ended, said]).toEqual([["c", "b", "a"], []]);
});

test("what does not end is left behind, what fails is told, and the rest ends", async () => {
  const { said, ended, closers, end } = recorded();
  closers.add("a", end("a"));
  closers.add("b", () => Promise.reject(new Error("is stuck")));
  closers.add("c", () => new Promise(() => {}), 5);
  closers.add("d", () => {
    throw new Error("is broken");
  });
  closers.add("e", end("e"));
  await closers.closeAll();
  expect(ended).toEqual(["e", "a"]);
  expect(said).toEqual([
    "stopping: d failed (is broken)",
    "stopping: c did not end within 0.005 s and is left behind",
    "stopping: b failed (is stuck)",
  ]);
});
