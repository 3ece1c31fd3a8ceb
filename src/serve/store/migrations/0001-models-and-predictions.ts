import type { Kysely } from "kysely";

/** Models that were served, and what they answered. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("models")
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("version", "text", (column) => column.notNull())
    .addColumn("digest", "text", (column) => column.notNull())
    .addColumn("source", "text", (column) => column.notNull())
    .addColumn("contract", "text", (column) => column.notNull())
    .addColumn("first_seen", "integer", (column) => column.notNull())
    .addPrimaryKeyConstraint("models_key", ["name", "version", "digest"])
    .execute();
  await db.schema
    .createTable("predictions")
    .addColumn("id", "integer", (column) => column.primaryKey())
    .addColumn("request", "text", (column) => column.notNull())
    .addColumn("time", "integer", (column) => column.notNull())
    .addColumn("model", "text", (column) => column.notNull())
    .addColumn("version", "text", (column) => column.notNull())
    .addColumn("digest", "text", (column) => column.notNull())
    .addColumn("task", "text", (column) => column.notNull())
    .addColumn("duration_ms", "real", (column) => column.notNull())
    .addColumn("status", "integer", (column) => column.notNull())
    .addColumn("input_digest", "text", (column) => column.notNull())
    .addColumn("answer", "text", (column) => column.notNull())
    .execute();
  // The one index: every question is "the newest", of one model or of all, and each index costs every row that is written.
  await db.schema.createIndex("predictions_time").on("predictions").column("time").execute();
}
