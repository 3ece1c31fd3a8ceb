import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { type Code, type CodeOptions, openCode } from "../../src/run/pipeline/modules/code.ts";
import { folderOf } from "./folders.ts";

async function open(files: Record<string, string>, options: CodeOptions = {}): Promise<Code> {
  const [main = ""] = Object.keys(files);
  const code = await openCode(join(folderOf(files), main), options);
  onTestFinished(() => code.close());
  return code;
}

test("TypeScript is read as it stands, with its siblings and this package", async () => {
  const notes: string[] = [];
  const code = await open(
    {
      "module.ts": `
        import { isModelyardError } from "modelyard";
        import { twice, type Count } from "./twice.ts";
        import { thrice } from "./thrice.js";
        enum Kind { One = "one" }
        interface Given { readonly count: Count }
        export async function run({ count }: Given, context: { scale: number }): Promise<object> {
          console.log("asked for", count satisfies number);
          return { kind: Kind.One, twice: twice(count) * context.scale, thrice: thrice(count), own: isModelyardError(new Error()) };
        }`,
      "twice.ts": "export type Count = number;\nexport const twice = (n: Count): Count => 2 * n;",
      "thrice.ts": "export const thrice = (n: number) => 3 * n;",
    },
    { onNote: (note) => notes.push(note) },
  );
  expect(code.functions).toEqual(["run"]);
  expect(await code.call("run", { count: 4 }, { scale: 10 })).toEqual({
    kind: "one",
    twice: 80,
    thrice: 12,
    own: false,
  });
  await expect.poll(() => notes).toContain("module.ts: asked for 4");
});

test("JavaScript too; what belongs to every call is given to every call", async () => {
  const code = await open(
    { "module.mjs": "export const run = (input, { model, options }) => [input, model, options];" },
    { fixed: { model: "m" } },
  );
  expect(await code.call("run", 1, { options: { top: 2 } })).toEqual([1, "m", { top: 2 }]);
});

test("what it throws is said in a message, with its own stack as the cause; it answers on", async () => {
  const code = await open({
    "module.ts": `
      interface Nothing {}
      export function run(input: string) {
        if (input === "good") return "fine";
        throw new RangeError(\`no \${input} here\`);
      }`,
  });
  const error = await code.call("run", "bad", {}).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({
    code: "MODULE_FAILED",
    message: "run of module.ts failed: no bad here",
    cause: { stack: expect.stringMatching(/RangeError: no bad here\n\s+at run \(.*module\.ts:5:/) },
  });
  expect(JSON.stringify(error)).not.toContain("at run");
  expect(await code.call("run", "good", {})).toBe("fine");
});

test("what does not end is ended, and the next call gets another thread", async () => {
  const code = await open(
    {
      "module.ts": `
        let calls = 0;
        export function run(input: string) {
          calls++;
          while (input === "hang") {}
          return calls;
        }
        export const never = () => new Promise(() => {});`,
    },
    { deadlineMs: 4_000 },
  );
  expect(await code.call("run", "", {})).toBe(1);
  const hung = code.call("run", "hang", {});
  await expect(hung).rejects.toMatchObject({ code: "MODULE_HANGS" });
  await expect(code.call("never", "", {})).rejects.toMatchObject({ code: "MODULE_HANGS" });
  expect(await code.call("run", "", {})).toBe(1);
});

test("who asks together does not wait for who hangs", async () => {
  const code = await open(
    { "module.mjs": "export const run = async (hangs) => (hangs ? new Promise(() => {}) : 'here');" },
    { deadlineMs: 4_000 },
  );
  const order: unknown[] = [];
  const hung = code.call("run", true, {}).catch((error: { code: string }) => order.push(error.code));
  order.push(await code.call("run", false, {}));
  await hung;
  // On one processor too.
  expect(order).toEqual(["here", "MODULE_HANGS"]);
});

test("whoever goes away does not wait", async () => {
  const code = await open({ "module.mjs": "export const run = () => new Promise(() => {});" });
  const controller = new AbortController();
  const asked = code.call("run", null, {}, controller.signal);
  controller.abort();
  await expect(asked).rejects.toMatchObject({ code: "ABORTED" });
});

test("what takes all memory is ended, and what leaks is replaced before it has", async () => {
  const notes: string[] = [];
  const code = await open(
    {
      "module.mjs": `
        const kept = [];
        export const take = () => { for (;;) kept.push(new Array(100_000).fill(kept.length)); };
        export const leak = () => { kept.push(new Uint8Array(500 * 2 ** 20)); return kept.length; };`,
    },
    // To fill the memory takes a while, where the processor is slow.
    { onNote: (note) => notes.push(note), deadlineMs: 200_000 },
  );
  await expect(code.call("take", null, {})).rejects.toMatchObject({ code: "MODULE_MEMORY" });
  expect(await code.call("leak", null, {})).toBe(1);
  expect(notes).toEqual([expect.stringMatching(/holds \d+ MiB after leak, and its thread is replaced/)]);
  expect(await code.call("leak", null, {})).toBe(1);
});

test("what takes buffers beyond the limit is ended while it runs, before anybody can ask it", async () => {
  const code = await open(
    {
      "module.mjs": `
        export const fill = () => {
          const kept = [];
          for (let i = 0; i < 10; i++) kept.push(Buffer.alloc(32 * 2 ** 20, 1));
          for (;;);
        };
        export const add = (a) => a + 1;`,
    },
    { limitMib: 96, deadlineMs: 600_000 },
  );
  await expect(code.call("fill", null, {})).rejects.toMatchObject({
    code: "MODULE_MEMORY",
    message: expect.stringContaining("fill of module.mjs took more than the 96 MiB"),
  });
  expect(await code.call("add", 1, {})).toBe(2);
}, 300_000);

test("a module that fills buffers while it is loaded is ended too", async () => {
  const files = {
    "module.mjs": `
      const kept = [];
      for (let i = 0; i < 10; i++) kept.push(Buffer.alloc(32 * 2 ** 20, 1));
      for (;;);`,
  };
  await expect(open(files, { limitMib: 96 })).rejects.toMatchObject({ code: "MODULE_MEMORY" });
}, 300_000);

test("what others take is not laid to a module's charge", async () => {
  const code = await open(
    {
      "module.mjs": `
        export const wait = (word) => {
          const cells = new Int32Array(word);
          while (Atomics.load(cells, 0) === 0);
          return "waited";
        };`,
    },
    { limitMib: 96, deadlineMs: 600_000 },
  );
  const word = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  const waited = code.call("wait", word, {});
  const before = process.memoryUsage.rss();
  const kept = Array.from({ length: 10 }, () => Buffer.alloc(32 * 2 ** 20, 1));
  expect(process.memoryUsage.rss() - before).toBeGreaterThan(128 * 2 ** 20);
  // So often that the watch has looked, and has asked the thread.
  for (let i = 0; i < 20; i++) await new Promise((later) => setTimeout(later, 20));
  Atomics.store(new Int32Array(word), 0, 1);
  expect(await waited).toBe("waited");
  expect(kept).toHaveLength(10);
}, 300_000);

test("what ends its thread, and what cannot leave it, is said so", async () => {
  const code = await open({
    "module.mjs": "export const end = () => process.exit(3);\nexport const odd = () => ({ f() {} });",
  });
  await expect(code.call("end", null, {})).rejects.toMatchObject({
    code: "MODULE_ENDED",
    message: expect.stringContaining("exit code 3"),
  });
  await expect(code.call("odd", null, {})).rejects.toMatchObject({ code: "MODULE_SHAPE" });
  await expect(code.call("odd", () => {}, {})).rejects.toMatchObject({ code: "MODULE_SHAPE" });
});

test("what it throws where nobody catches is its own too: with its stack, whether somebody waits or not", async () => {
  const notes: string[] = [];
  const code = await open(
    {
      "module.ts": `
        const never = new Promise(() => {});
        export const loose = () => { void Promise.reject(new RangeError("nobody awaits")); return never; };
        export const late = () => { setTimeout(() => { throw new RangeError("too late") }); return 1; };`,
    },
    { onNote: (note) => notes.push(note) },
  );
  await expect(code.call("loose", null, {})).rejects.toMatchObject({
    code: "MODULE_ENDED",
    message: expect.stringContaining("nobody awaits"),
    cause: { message: "nobody awaits", stack: expect.stringMatching(/at loose .*module\.ts:3/) },
  });
  expect(await code.call("late", null, {})).toBe(1);
  await expect.poll(() => notes.join("\n")).toMatch(/after it had answered: .*too late[\s\S]*module\.ts:4/);
});

test.each([
  ["module.mjs", "const a = 1;\nexport const run = () => a b;\n", /module\.mjs:2:2/],
  ["module.ts", "const a: number = 1;\nexport const run = () => a b;\n", /module\.ts:2:2/],
  ["module.ts", "/* @no */ const a = '@no';\nclass A { @run x() {} }\n", /line 2: decorators/],
  ["module.ts", "function dec() {}\n\nclass A { x(@dec y: number) {} }\n", /line 3: decorators/],
  ["module.mjs", "const a = 1;\n@run class A {}\n", /line 2: decorators/],
])("%s that is not to be read is told of with the place: %j", async (file, source, place) => {
  const error = await open({ [file]: source }).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: "MODULE_LOAD", cause: { stack: expect.stringMatching(place) } });
});

test("what Node knows of `using` is left to it, and before it does, the line is named", async () => {
  const source =
    "const end = { [Symbol.dispose]() {} };\nexport const run = () => {\n  using a = end;\n  return 1;\n};";
  const opening = open({ "module.ts": source });
  if (Number.parseInt(process.versions.node, 10) >= 24)
    expect(await (await opening).call("run", 1, {})).toBe(1);
  else await expect(opening).rejects.toMatchObject({ code: "MODULE_LOAD", message: /line 3: `using`/ });
});

test.each([
  ["await new Promise(() => {});\nexport const run = 1;", "MODULE_ENDED", /waits at its top/],
  ["export const run = (: number) => 1;", "MODULE_LOAD", /./],
  ["import './nowhere.ts';", "MODULE_LOAD", /nowhere/],
  ["throw new Error('not today');", "MODULE_LOAD", /not today/],
  ["export const ran = () => 1;", "MODULE_EXPORT", /exports ran, where a function run is needed/],
  ["export const run = 7;", "MODULE_EXPORT", /run, which is no function/],
])("a module that cannot be used: %s", async (text, code, message) => {
  const asked = open({ "module.ts": text }).then((loaded) => loaded.demand("run"));
  await expect(asked).rejects.toMatchObject({
    code,
    message: expect.stringMatching(message),
  });
});
