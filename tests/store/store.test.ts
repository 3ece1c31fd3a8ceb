import { execFile } from "node:child_process";
import { symlinkSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { DatabaseSync } from "@photostructure/sqlite";
import { Kysely, type Migration, Migrator } from "kysely";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { hasDatabase, openStore, type Store, type StoreOptions } from "../../src/serve/store/index.ts";
import { MIGRATIONS } from "../../src/serve/store/migrations/table.ts";
import { sqliteDialect } from "../../src/serve/store/sqlite/dialect.ts";
import { row } from "./rows.ts";

const run = promisify(execFile);
let folder: string;
let stores: Store[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "store-"));
});

afterEach(async () => {
  await Promise.all(stores.map((store) => store.close()));
  stores = [];
  await rm(folder, { recursive: true, force: true });
});

async function open(options: StoreOptions = {}): Promise<Store> {
  const store = await openStore({ folder, ...options });
  stores.push(store);
  return store;
}

/** What lies in the file, read without the product's code. */
function inFile(sql: string): unknown[] {
  const database = new DatabaseSync(join(folder, "modelyard.sqlite"), { readOnly: true });
  try {
    return database.prepare(sql).all();
  } finally {
    database.close();
  }
}

test("keys are kept with what they are recognised by, revoked once, and their uses only go forward", async () => {
  const store = await open();
  const key = {
    id: "0123456789abcdef",
    name: "é'; --",
    scopes: ["infer", "admin"],
    salt: "aa",
    digest: "bb",
  };
  const made = { ...key, created: 5, lastUsed: null, revoked: null };
  await store.addKey(made);
  await store.addKey({ ...made, id: "f", created: 4, scopes: ["infer"] });
  await expect(store.addKey(made)).rejects.toMatchObject({ code: "STORE_FAILED" });
  await store.revokeKey("f", 7);
  await store.revokeKey("f", 8);
  await store.revokeKey("none", 8);
  await store.noteUses([
    { id: key.id, time: 20 },
    { id: "none", time: 20 },
  ]);
  await store.noteUses([{ id: key.id, time: 10 }]);
  await store.close();
  expect(await (await open()).keys()).toEqual([
    { ...made, id: "f", created: 4, scopes: ["infer"], revoked: 7 },
    { ...made, lastUsed: 20 },
  ]);
});

describe("predictions", () => {
  test("are written behind the answer and read back, the newest first", async () => {
    const store = await open();
    for (let n = 0; n < 2500; n++) store.logPrediction(row(n));
    expect(store.counts()).toEqual({ written: 0, waiting: 2500, dropped: 0 });
    await store.flush();
    expect(store.counts()).toEqual({ written: 2500, waiting: 0, dropped: 0 });
    expect(await store.predictions({ limit: 2 })).toEqual([row(2499), row(2498)]);
    expect(await store.predictions()).toHaveLength(20);
    expect(inFile("select count(*) as n, sum(duration_ms) as ms from predictions")).toEqual([
      { n: 2500, ms: (2499 * 2500) / 2 / 8 },
    ]);
  });

  test("are found by model, status and time", async () => {
    const store = await open();
    for (let n = 0; n < 10; n++)
      store.logPrediction(row(n, { model: n % 2 ? "odd: 100%" : "even", status: n > 7 ? 400 : 200 }));
    await store.flush();
    const ids = async (query: Parameters<Store["predictions"]>[0]) =>
      (await store.predictions(query)).map(({ id }) => id);
    expect(await ids({ model: "odd: 100%", limit: 2 })).toEqual(["request-9", "request-7"]);
    expect(await ids({ status: 400 })).toEqual(["request-9", "request-8"]);
    expect(await ids({ before: row(3).time })).toEqual(["request-2", "request-1", "request-0"]);
    expect(await ids({ model: "none" })).toEqual([]);
  });

  test("are still there when the store is opened again", async () => {
    const store = await open();
    store.logPrediction(row(1));
    await store.close();
    const again = await open();
    expect(await again.predictions()).toEqual([row(1)]);
  });

  test("of many who answer in turn keep apart, however they are cut into statements", async () => {
    const store = await open();
    const turn = (n: number) => ({
      model: `model ${n % 7}`,
      version: String(n % 3),
      digest: `${n % 2}`.repeat(64),
      task: n % 5 ? "tensors" : "image-classification",
    });
    for (let n = 0; n < 1234; n++) store.logPrediction(row(n, turn(n)));
    await store.flush();
    const rows = await store.predictions({ limit: 2_000 });
    expect(rows.reverse()).toEqual(Array.from({ length: 1234 }, (_, n) => row(n, turn(n))));
    expect(inFile("select count(*) as n from answerers")).toEqual([{ n: 7 * 3 * 2 * 2 }]);
  });

  test("of a database of the first version are kept", async () => {
    const raw = new DatabaseSync(join(folder, "modelyard.sqlite"));
    const db = new Kysely<unknown>({ dialect: sqliteDialect(raw) });
    const [first] = Object.entries(MIGRATIONS);
    const provider = { getMigrations: async () => Object.fromEntries([first as [string, Migration]]) };
    expect((await new Migrator({ db, provider }).migrateToLatest()).error).toBeUndefined();
    const insert = raw.prepare(
      "insert into predictions (request, time, model, version, digest, task, duration_ms, status, input_digest, answer) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    );
    const rows = [row(1), row(2, { model: "another" }), row(3), row(4, { task: "tensors" })];
    for (const { id, time, model, version, digest, task, durationMs, status, inputDigest, answer } of rows) {
      insert.run(id, time, model, version, digest, task, durationMs, status, inputDigest, answer);
    }
    await db.destroy();

    const store = await open();
    store.logPrediction(row(5));
    await store.flush();
    expect((await store.predictions()).reverse()).toEqual([...rows, row(5)]);
    expect(await store.predictions({ model: "another" })).toEqual([rows[1]]);
  });

  test("keep every character, NUL as its escape", async () => {
    const store = await open();
    store.logPrediction(row(1, { answer: "é漢😀\"'; drop table predictions; -- \0 end" }));
    await store.flush();
    expect((await store.predictions())[0]?.answer).toBe("é漢😀\"'; drop table predictions; -- \\u0000 end");
  });

  test("beyond the bound are dropped and counted, never waited for", async () => {
    const store = await open({ maxWaiting: 100 });
    for (let n = 0; n < 250; n++) store.logPrediction(row(n));
    expect(store.counts()).toEqual({ written: 0, waiting: 100, dropped: 150 });
    await store.flush();
    expect(store.counts()).toEqual({ written: 100, waiting: 0, dropped: 150 });
  });

  test("of long ago make room", async () => {
    const store = await open({ maxRows: 500 });
    for (let n = 0; n < 10_500; n++) store.logPrediction(row(n));
    await store.flush();
    // The bound is looked after every ten thousand rows.
    for (let n = 10_500; n < 21_000; n++) {
      store.logPrediction(row(n));
      if (n % 5000 === 0) await store.flush();
    }
    await store.flush();
    const [{ n, oldest }] = inFile(
      "select count(*) as n, min(time) - 1700000000000 as oldest from predictions",
    ) as [{ n: number; oldest: number }];
    expect(n).toBeLessThan(10_500);
    expect(oldest).toBeGreaterThan(9_000);
  });

  test("that cannot be written are counted, and the reason is told once", async () => {
    const problems: unknown[] = [];
    const store = await open({ onProblem: (error) => problems.push(error) });
    const other = new DatabaseSync(join(folder, "modelyard.sqlite"));
    other.exec("drop table predictions");
    other.close();
    for (let n = 0; n < 3; n++) {
      store.logPrediction(row(n));
      await store.flush();
    }
    expect(store.counts()).toEqual({ written: 0, waiting: 0, dropped: 3 });
    expect(problems).toEqual([
      expect.objectContaining({ code: "STORE_FAILED", message: expect.stringContaining("predictions") }),
    ]);
  });

  test.for([{ limit: 0 }, { limit: 1.5 }, { limit: Number.NaN }, { limit: 1e9 }, { status: 0 }])(
    "%o cannot be asked for",
    async (query) => {
      const store = await open();
      await expect(store.predictions(query)).rejects.toMatchObject({ code: "STORE_QUERY" });
    },
  );
});

test("models are recorded once for each digest; what is said of them is kept up to date", async () => {
  const store = await open();
  const model = {
    name: "a/b: ü",
    version: "1",
    digest: "f".repeat(64),
    source: "npm:x@1.0.0/a.onnx",
    contract: "{}",
    firstSeen: 5,
  };
  await store.recordModel(model);
  await store.recordModel({ ...model, contract: '{"task":null}', firstSeen: 9 });
  await store.recordModel({ ...model, version: "2", firstSeen: 7 });
  expect(await store.models()).toEqual([
    { ...model, contract: '{"task":null}' },
    { ...model, version: "2", firstSeen: 7 },
  ]);
});

test("after closing, questions are refused and rows are counted as dropped", async () => {
  const store = await open();
  await store.close();
  await expect(store.models()).rejects.toMatchObject({ code: "STORE_CLOSED" });
  store.logPrediction(row(1));
  await store.flush();
  expect(store.counts().dropped).toBe(1);
});

describe("a database that cannot be used", () => {
  test("a file that is none", async () => {
    await writeFile(
      join(folder, "modelyard.sqlite"),
      "this is a text, and long enough to be no header of a database at all".repeat(20),
    );
    await expect(openStore({ folder })).rejects.toMatchObject({ code: "STORE_UNOPENABLE" });
  });

  test("a folder that is a file", async () => {
    await writeFile(join(folder, "file"), "");
    await expect(openStore({ folder: join(folder, "file") })).rejects.toMatchObject({
      code: "STORE_UNOPENABLE",
    });
  });

  test("a folder that cannot be made", async () => {
    await expect(openStore({ folder: "/dev/null/modelyard" })).rejects.toMatchObject({
      code: "STORE_UNOPENABLE",
    });
  });

  test("one that is not seen may be there all the same", async () => {
    expect(hasDatabase(folder)).toBe(false);
    expect(hasDatabase("/dev/null/modelyard")).toBe(false);
    // As with a folder that may not be entered, which the superuser always may.
    symlinkSync("modelyard.sqlite", join(folder, "modelyard.sqlite"));
    expect(hasDatabase(folder)).toBe(true);
    await expect(openStore({ folder })).rejects.toMatchObject({ code: "STORE_UNOPENABLE" });
  });

  test.for([
    ["drop table models", "models"],
    ["drop table answerers", "answerers"],
    ["drop table predictions", "predictions"],
    ["drop table keys", "keys"],
    ["alter table keys drop column revoked", "keys.revoked"],
  ] as const)("one whose steps are noted, and where a hand did: %s", async ([statement, named]) => {
    await (await openStore({ folder })).close();
    const database = new DatabaseSync(join(folder, "modelyard.sqlite"));
    database.exec(statement);
    database.close();
    const opening = openStore({ folder });
    await expect(opening).rejects.toMatchObject({ code: "STORE_DAMAGED" });
    await expect(opening).rejects.toThrow(named);
  });

  test("one of a later version", async () => {
    await (await openStore({ folder })).close();
    const database = new DatabaseSync(join(folder, "modelyard.sqlite"));
    database.exec("insert into kysely_migration values ('9999-from-the-future', '2030-01-01')");
    database.close();
    const opening = openStore({ folder });
    await expect(opening).rejects.toMatchObject({ code: "STORE_NEWER" });
    await expect(opening).rejects.toThrow("9999-from-the-future");
  });
});

test("four processes that open and write at once lose nothing", async () => {
  const code = `
    const { openStore } = await import(${JSON.stringify(new URL("../../dist/serve/store/index.js", import.meta.url).href)});
    const row = ${JSON.stringify(row(1))};
    const store = await openStore({ folder: ${JSON.stringify(folder)} });
    for (let n = 0; n < 3000; n++) {
      store.logPrediction({ ...row, id: process.pid + "-" + n });
      if (n % 100 === 0) await store.flush();
      if (n % 1000 === 0) await store.recordModel({ name: "m", version: String(process.pid), digest: String(n), source: "", contract: "{}", firstSeen: n });
    }
    await store.flush();
    console.log(JSON.stringify(store.counts()));
    await store.close();`;
  const ask = () => run(process.execPath, ["--input-type=module", "-e", code]);
  const answers = await Promise.all([ask(), ask(), ask(), ask()]);
  for (const { stdout } of answers)
    expect(JSON.parse(stdout)).toEqual({ written: 3000, waiting: 0, dropped: 0 });
  expect(inFile("select count(distinct request) as n from predictions")).toEqual([{ n: 12_000 }]);
  expect(inFile("select count(*) as n from models")).toEqual([{ n: 12 }]);
});
