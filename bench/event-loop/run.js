#!/usr/bin/env node
// Measures how late the event loop of a server is while a model answers for a second: `node bench/event-loop/run.js` writes
// docs/bench/event-loop.md, and fails where the 99th percentile of a median round is not below the bound.
import { writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { measureEventLoop } from "./measure.js";

const SECONDS = 1;
const ROUNDS = 5;
/** Milliseconds; a frame of a page at 50 Hz, and what other requests notice. */
const BOUND = 20;

const load = loadavg()[0];
const rounds = await measureEventLoop(SECONDS, ROUNDS);
const median = (of) => of.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)];
const column = (which, key) => median(rounds.map((round) => round[which][key])).toFixed(1);
const row = (name, which) =>
  `| ${name} | ${column(which, "p50")} | ${column(which, "p99")} | ${column(which, "max")} |`;
const text = `# How late the event loop is, measured

\`node bench/event-loop/run.js\`, medians of ${ROUNDS} rounds, on ${cpus()[0]?.model.trim()}, ${cpus().length} threads, Node ${process.version}, load
${load.toFixed(1)} before. \`modelyard serve\` with one model that answers one request for ${median(rounds.map(({ seconds }) => seconds)).toFixed(1)} s on every thread it has; a timer
in the server's process is due every millisecond, and how late it comes is counted (\`monitorEventLoopDelay\`). The bound is
${BOUND} ms at the 99th percentile.

| milliseconds | p50 | p99 | longest |
| --- | ---: | ---: | ---: |
${row("while the model answers", "busy")}
${row("while nothing happens", "idle")}
`;
writeFileSync(new URL("../../docs/bench/event-loop.md", import.meta.url), text);
console.log(text);
if (Number(column("busy", "p99")) >= BOUND) process.exitCode = 1;
