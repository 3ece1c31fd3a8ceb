import { type Command, InvalidArgumentError, Option } from "commander";
import { fail } from "../base/errors/index.ts";
import { makeKey, SCOPES, type Scope } from "../serve/server/access/key.ts";
import { dataFolder, type KeyRow, openStore, type Store } from "../serve/store/index.ts";
import { collect } from "./collect.ts";
import { columns, type Terminal } from "./terminal.ts";

interface KeyOptions {
  data?: string;
}

export function define(command: Command, terminal: Terminal): void {
  const part = (words: string, summary: string) =>
    command
      .command(words)
      .description(summary)
      .option("--data <folder>", "where the database is kept")
      .option("--json", "print JSON for programs");
  const scope = new Option("--scope <scope>", "infer: see the models and ask them; admin: read /metrics")
    .choices(SCOPES)
    .argParser(collectScope);
  part("create <name>", "make a key, and show it this once; the name says whose it is")
    .addOption(scope)
    .addHelpText("after", "\nExample:\n  $ modelyard keys create prometheus --scope admin")
    .action((name: string, options: KeyOptions & { scope?: Scope[] }) =>
      withStore(options, (store) => create(store, name, options.scope ?? ["infer"], terminal)),
    );
  part("list", "every key that was made, without its secret").action((options: KeyOptions) =>
    withStore(options, async (store) => {
      const rows = await store.keys();
      const none = "There is no key yet: `modelyard keys create <name>` makes one.";
      terminal.answer(rows.map(shownKey), () => (rows.length === 0 ? none : table(rows, terminal)));
    }),
  );
  part("revoke <id>", "refuse a key from now on").action((id: string, options: KeyOptions) =>
    withStore(options, (store) => revoke(store, id, dataFolder(options.data), terminal)),
  );
  command.addHelpText(
    "after",
    "\nExamples:\n  $ modelyard keys create app\n  $ modelyard keys list\n  $ modelyard keys revoke 0123456789abcdef",
  );
}

/** Commander asks a parser of one's own to hold to the choices itself. */
function collectScope(value: string, before?: Scope[]): Scope[] {
  if (!SCOPES.some((scope) => scope === value))
    throw new InvalidArgumentError(`Allowed choices are ${SCOPES.join(", ")}.`);
  return collect(value, before) as Scope[];
}

async function withStore({ data }: KeyOptions, use: (store: Store) => Promise<void>): Promise<void> {
  const store = await openStore(data === undefined ? {} : { folder: data });
  try {
    await use(store);
  } finally {
    await store.close();
  }
}

async function create(
  store: Store,
  name: string,
  scopes: readonly Scope[],
  terminal: Terminal,
): Promise<void> {
  const { key, row } = makeKey(name, scopes, Date.now());
  await store.addKey(row);
  terminal.answer({ ...shownKey(row), key }, () => key);
  terminal.note(`This is the only time that the key is shown. It allows: ${row.scopes.join(", ")}.`);
  terminal.note("It is sent as the header  Authorization: Bearer <key>");
}

async function revoke(store: Store, id: string, folder: string, terminal: Terminal): Promise<void> {
  const known = (await store.keys()).find((row) => row.id === id);
  if (!known) throw fail("KEY_NO_SUCH", { id: withoutSecret(id), folder });
  await store.revokeKey(id, Date.now());
  const row = (await store.keys()).find((each) => each.id === id) ?? known;
  terminal.answer(shownKey(row), () => `The key ${id} of ${row.name} is refused from now on.`);
}

/** Whoever pastes the whole key is told what to paste without showing it again. */
function withoutSecret(id: string): string {
  const [, inside] = /^mdy_([0-9a-f]+)_/.exec(id) ?? [];
  return inside === undefined ? id : `mdy_${inside}_… (its id is ${inside})`;
}

function shownKey({ id, name, scopes, created, lastUsed, revoked }: KeyRow): object {
  return { id, name, scopes, created: iso(created), lastUsed: iso(lastUsed), revoked: iso(revoked) };
}

function iso(time: number | null): string | null {
  return time === null ? null : new Date(time).toISOString();
}

function table(rows: readonly KeyRow[], terminal: Terminal): string {
  const day = (time: number | null) => iso(time)?.slice(0, 16).replace("T", " ") ?? "never";
  const head = ["id", "scopes", "created", "last used", "state", "name"].map(terminal.dim);
  const cells = rows.map((row) => [
    row.id,
    row.scopes.join(","),
    day(row.created),
    day(row.lastUsed),
    row.revoked === null ? "good" : "revoked",
    row.name,
  ]);
  return columns([head, ...cells], "", terminal.width);
}
