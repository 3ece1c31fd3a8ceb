import type { Kysely } from "kysely";

/** Who may ask. A key itself is nowhere: only what it is compared with. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("keys")
    .addColumn("id", "text", (column) => column.primaryKey().notNull())
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("scopes", "text", (column) => column.notNull())
    .addColumn("salt", "text", (column) => column.notNull())
    .addColumn("digest", "text", (column) => column.notNull())
    .addColumn("created", "integer", (column) => column.notNull())
    .addColumn("last_used", "integer")
    .addColumn("revoked", "integer")
    .execute();
}
