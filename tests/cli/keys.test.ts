import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { emptyFolder, modelyard, ROOT, serve, untilReady } from "./modelyard.ts";

const FOLDER = "examples/models/mnist";
const SEVEN = readFileSync(join(ROOT, FOLDER, "seven.png"));

const codeOf = (stderr: string) => JSON.parse(stderr).error.code as string;

test("a key is made, shown once, asks a running server, and is revoked while it runs", async () => {
  const data = emptyFolder();
  const made = await modelyard(["keys", "create", "app", "--data", data]);
  expect(made.code).toBe(0);
  const key = made.stdout.trim();
  expect(key).toMatch(/^mdy_[0-9a-f]{16}_[\w-]{43}$/);
  expect(made.stderr).toContain("only time");
  const server = await serve(FOLDER, ["--data", data]);
  await untilReady(server.url, "mnist", key);
  const ask = (headers: Record<string, string> = {}) =>
    fetch(`${server.url}/models/mnist`, { method: "POST", body: SEVEN, headers });
  expect((await ask()).status).toBe(401);
  expect((await ask({ authorization: `Bearer ${key}` })).status).toBe(200);
  expect((await fetch(`${server.url}/metrics`, { headers: { authorization: `Bearer ${key}` } })).status).toBe(
    403,
  );

  const admin = JSON.parse(
    (await modelyard(["keys", "create", "scraper", "--scope", "admin", "--json", "--data", data])).stdout,
  );
  expect(admin).toMatchObject({ name: "scraper", scopes: ["admin"], revoked: null });
  const scrape = await fetch(`${server.url}/metrics`, { headers: { authorization: `Bearer ${admin.key}` } });
  expect(scrape.status).toBe(200);

  // Commands that ask a server take their key from the environment.
  const address = `${server.url}/models/mnist`;
  expect(codeOf((await modelyard(["types", address, "--json"])).stderr)).toBe("TYPES_REFUSED");
  expect((await modelyard(["types", address], { MODELYARD_API_KEY: key })).stdout).toContain("export");
  const bench = ["bench", `${server.url}/v2/models/mnist`, "--concurrency", "1", "--windows", "3"];
  const quick = ["--window", "0.05", "--warm-up", "0", "--json"];
  expect((await modelyard([...bench, ...quick], { MODELYARD_API_KEY: key })).code).toBe(0);

  const id = key.split("_")[1] ?? "";
  expect((await modelyard(["keys", "revoke", id, "--data", data])).stdout).toContain("refused from now on");
  await expect.poll(async () => (await ask({ authorization: `Bearer ${key}` })).status).toBe(401);
  expect(await server.stop()).toBe(0);

  const list = await modelyard(["keys", "list", "--data", data]);
  expect(list.stdout).toMatch(/scraper/);
  expect(list.stdout).toMatch(new RegExp(`${id} .*revoked`));
  const rows = JSON.parse((await modelyard(["keys", "list", "--json", "--data", data])).stdout);
  expect(rows.map((row: { name: string }) => row.name)).toEqual(["app", "scraper"]);
  expect(rows[0].lastUsed).not.toBeNull();
  const files = readdirSync(data).map((file) => readFileSync(join(data, file), "latin1"));
  for (const text of [server.output(), list.stdout, JSON.stringify(rows), ...files]) {
    for (const each of [key, admin.key as string]) expect(text).not.toContain(each.slice(21, 41));
  }
});

test("what is wrong with a key's name, scope or id is said, and a secret that is pasted is not repeated", async () => {
  const data = ["--data", emptyFolder(), "--json"];
  expect(codeOf((await modelyard(["keys", "create", " ", ...data])).stderr)).toBe("KEY_NAME");
  expect(codeOf((await modelyard(["keys", "create", "a\nb", ...data])).stderr)).toBe("KEY_NAME");
  expect((await modelyard(["keys", "create", "app", "--scope", "root", ...data])).code).toBe(2);
  expect((await modelyard(["keys", "create", ...data])).code).toBe(2);
  const { key } = JSON.parse((await modelyard(["keys", "create", "app", ...data])).stdout);
  const refused = await modelyard(["keys", "revoke", key, ...data]);
  expect(codeOf(refused.stderr)).toBe("KEY_NO_SUCH");
  expect(refused.stderr).toContain(`its id is ${key.split("_")[1]}`);
  expect(refused.stderr).not.toContain(key.slice(21, 41));
});

test("beyond this machine serve wants a key or --insecure, and says what to do", async () => {
  const data = emptyFolder();
  const args = ["serve", FOLDER, "--port", "0", "--host", "0.0.0.0", "--data", data, "--json"];
  const refused = await modelyard(args);
  expect(refused.code).toBe(1);
  expect(codeOf(refused.stderr)).toBe("SERVE_UNGUARDED");
  expect(JSON.parse(refused.stderr).error.hint).toMatch(/keys create .*MODELYARD_API_KEY.*--insecure/);
  expect(codeOf((await modelyard(args, { MODELYARD_API_KEY: "" })).stderr)).toBe("KEY_WEAK");
  expect(codeOf((await modelyard([...args, "--cert", "a.pem"])).stderr)).toBe("SERVE_TLS_HALF");
  expect(codeOf((await modelyard([...args, "--key", "a.pem"])).stderr)).toBe("SERVE_TLS_HALF");
  const own = "0123456789abcdefghij";
  const server = await serve(FOLDER, ["--host", "0.0.0.0", "--no-log"], {
    MODELYARD_API_KEY: own,
    MODELYARD_DATA: data,
  });
  const url = server.url.replace("0.0.0.0", "127.0.0.1");
  expect((await fetch(`${url}/models`)).status).toBe(401);
  expect((await fetch(`${url}/models`, { headers: { authorization: `Bearer ${own}` } })).status).toBe(200);
  expect(server.output()).toContain("cross the network readable");
  expect(server.output()).not.toContain(own);
});

test("a database that is there and cannot be opened may hold keys: without it nothing is served, whatever the log", async () => {
  const data = emptyFolder();
  writeFileSync(
    join(data, "modelyard.sqlite"),
    "this is no database, and long enough to be looked at as one",
  );
  for (const more of [[], ["--no-log"]]) {
    const { code, stderr } = await modelyard([
      "serve",
      FOLDER,
      "--port",
      "0",
      "--data",
      data,
      "--json",
      ...more,
    ]);
    expect([code, codeOf(stderr)]).toEqual([1, "STORE_UNOPENABLE"]);
  }
  // One that is not there, and cannot be made, holds none.
  const file = join(emptyFolder(), "file");
  writeFileSync(file, "");
  const server = await serve(FOLDER, ["--data", join(file, "data")]);
  expect((await fetch(`${server.url}/models`)).status).toBe(200);
});
