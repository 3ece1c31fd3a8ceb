#!/usr/bin/env node
// Starts the command line from dist/. In a checkout it builds that first, once; nothing else happens here.
import { existsSync } from "node:fs";
import module from "node:module";

// The runtime reads this when it is imported in the main thread; inside a worker thread it is too late.
process.env.ORT_DISABLE_TELEMETRY = "1";

// Node 22 keeps what it compiled between one start and the next; where it may not, it says so to nobody.
module.enableCompileCache?.();

if (existsSync(new URL("../src/", import.meta.url))) (await import("./build.js")).build();
const { main } = await import("../dist/cli/main.js");
process.exitCode = await main(process.argv.slice(2));
