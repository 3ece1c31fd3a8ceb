import { type Kysely, Migrator } from "kysely";
import { fail } from "../../../base/errors/index.ts";
import { MIGRATIONS } from "../migrations/table.ts";
import type { Schema } from "../schema.ts";

/**
 * Takes the steps of the schema that were not taken yet, all or none.
 * @throws STORE_NEWER where one was taken that is not known here
 */
export async function migrate(db: Kysely<Schema>, path: string): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => ({ ...MIGRATIONS }) } });
  const { error } = await migrator.migrateToLatest();
  if (error === undefined) return;
  // Steps in the database that are not known here are of a later version.
  const step = /previously executed migration (.+) is missing/.exec(
    error instanceof Error ? error.message : "",
  );
  throw step ? fail("STORE_NEWER", { path, step: step[1] ?? "" }) : error;
}
