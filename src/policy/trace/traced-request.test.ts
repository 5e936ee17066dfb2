import assert from "node:assert/strict";
import { test } from "node:test";
import { cache } from "./testing/traced-world.ts";
import { tracedRequest } from "./traced-request.ts";

test("fields stand for the attributes that they judge; one value is a text, several are a list", () => {
  const read = tracedRequest(cache, { command: ["get"], keyPrefix: ["a"], key: ["b", "c"] });
  assert.deepEqual(read.request, { command: "get", key: ["a", "b", "c"] });
  assert.deepEqual(read.attributes, { command: ["get"], key: ["a", "b", "c"] });
  assert.deepEqual([read.problems, read.notes], [[], []]);
});

test("all attributes that nothing judges are told at once", () => {
  const { problems } = tracedRequest(cache, { comand: ["get"], keyy: ["a"], ttl: ["1"], toString: ["x"] });
  assert.deepEqual(
    problems.map(({ attribute, hint }) => [attribute, hint]),
    [
      ["comand", "did you mean `command`?"],
      ["keyy", "did you mean `key`?"],
      ["ttl", "they have: command, key"],
      ["toString", "they have: command, key"],
    ],
  );
});

test("values that no rule can name are noted", () => {
  const notesOf = (command: string) => tracedRequest(cache, { command: [command], key: ["writeGroup"] }).notes;
  assert.deepEqual(notesOf("set"), []);
  assert.match(notesOf("gett")[0] ?? "", /"gett" is no command .*did you mean `get`/);
  assert.match(notesOf("writeGroup")[0] ?? "", /it is a group of set, delete/);
});
