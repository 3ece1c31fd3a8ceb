import type { DatabaseSyncInstance } from "@photostructure/sqlite";
import type { Kysely } from "kysely";
import type { KeysTable, Schema } from "../schema.ts";
import type { KeyRow, KeyUse } from "../store.ts";

/** All keys, revoked ones among them, in the order of their making. */
export function readKeys(raw: DatabaseSyncInstance): KeyRow[] {
  const rows = raw.prepare("select * from keys order by created, id").all() as unknown as KeysTable[];
  return rows.map(({ scopes, last_used, ...rest }) => ({
    ...rest,
    scopes: scopes.split(","),
    lastUsed: last_used,
  }));
}

export async function addKey(db: Kysely<Schema>, row: KeyRow): Promise<void> {
  const { lastUsed, scopes, ...rest } = row;
  const cells: KeysTable = { ...rest, scopes: scopes.join(","), last_used: lastUsed };
  await db.insertInto("keys").values(cells).execute();
}

/** The first time of revoking stays. */
export async function revokeKey(db: Kysely<Schema>, id: string, time: number): Promise<void> {
  await db
    .updateTable("keys")
    .set({ revoked: time })
    .where("id", "=", id)
    .where("revoked", "is", null)
    .execute();
}

/** Servers that share a database note their uses in any order: the latest counts. */
export async function noteUses(db: Kysely<Schema>, uses: readonly KeyUse[]): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    for (const { id, time } of uses) {
      await transaction
        .updateTable("keys")
        .set({ last_used: time })
        .where("id", "=", id)
        .where((is) => is.or([is("last_used", "is", null), is("last_used", "<", time)]))
        .execute();
    }
  });
}
