import { type Kysely, sql } from "kysely";

/**
 * Who answered is named once: with four texts in every row, a hundred bytes of digest among them, a row took twice as long
 * to write and half as much room again.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("answerers")
    .addColumn("id", "integer", (column) => column.primaryKey())
    .addColumn("model", "text", (column) => column.notNull())
    .addColumn("version", "text", (column) => column.notNull())
    .addColumn("digest", "text", (column) => column.notNull())
    .addColumn("task", "text", (column) => column.notNull())
    .addUniqueConstraint("answerers_key", ["model", "version", "digest", "task"])
    .execute();
  await sql`insert into answerers (model, version, digest, task)
    select distinct model, version, digest, task from predictions`.execute(db);

  await db.schema.dropIndex("predictions_time").execute();
  await db.schema.alterTable("predictions").renameTo("predictions_before").execute();
  await db.schema
    .createTable("predictions")
    .addColumn("id", "integer", (column) => column.primaryKey())
    .addColumn("request", "text", (column) => column.notNull())
    .addColumn("time", "integer", (column) => column.notNull())
    .addColumn("answerer", "integer", (column) => column.notNull())
    .addColumn("duration_ms", "real", (column) => column.notNull())
    .addColumn("status", "integer", (column) => column.notNull())
    .addColumn("input_digest", "text", (column) => column.notNull())
    .addColumn("answer", "text", (column) => column.notNull())
    .execute();
  await sql`insert into predictions (id, request, time, answerer, duration_ms, status, input_digest, answer)
    select p.id, request, time, a.id, duration_ms, status, input_digest, answer
    from predictions_before p join answerers a using (model, version, digest, task)`.execute(db);
  await db.schema.dropTable("predictions_before").execute();
  // The one index: every question is "the newest", of one model or of all, and each index costs every row that is written.
  await db.schema.createIndex("predictions_time").on("predictions").column("time").execute();
}
