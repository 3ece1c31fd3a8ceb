// Builds web/dist, the page that `serve` shows, where it is missing or older than its sources. A published package
// carries it built.
import { existsSync, statSync, utimesSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { newest, underLock } from "../bin/build.js";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const web = join(root, "web");
const page = join(web, "dist", "index.html");
const SOURCES = ["src", "public", "index.html", "vite.config.ts", "tsconfig.json"].map((name) =>
  join(web, name),
);

/** The client that the page speaks through is bundled into it. */
function isStale() {
  if (!existsSync(page)) return true;
  return Math.max(...[...SOURCES, join(root, "src/client")].map(newest)) > statSync(page).mtimeMs;
}

await underLock("web", isStale, async () => {
  const started = new Date();
  const { build } = await import("vite");
  await build({ root: web, configFile: join(web, "vite.config.ts"), logLevel: "warn" });
  // What changed while it was built is built again next time.
  utimesSync(page, started, started);
});
