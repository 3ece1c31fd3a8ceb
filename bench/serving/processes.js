// Contenders as processes: started, asked whether they are ready, frozen while another is measured.
import { spawn } from "node:child_process";
import { createWriteStream, readdirSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";

const READY_MS = 60_000;
const EXIT_MS = 10_000;

/** Starts a contender; its output goes to a file, and `lines` gives stdout where the contender talks. */
export function start({ name, command, environment = {}, talks = false }, logFolder) {
  const log = createWriteStream(`${logFolder}/${name.replaceAll(/\W+/g, "-")}.log`);
  const child = spawn(command[0], command.slice(1), {
    env: { ...process.env, ...environment },
    stdio: ["pipe", "pipe", "pipe"],
  });
  child.stderr.pipe(log);
  let lines = null;
  if (talks) lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  else child.stdout.pipe(log);
  return { name, child, lines, log };
}

export async function ready(contender, url) {
  const end = Date.now() + READY_MS;
  while (Date.now() < end) {
    if (contender.child.exitCode !== null)
      throw new Error(`${contender.name} ended; see ${contender.log.path}`);
    const answer = await fetch(url).catch(() => null);
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${contender.name} was not ready after ${READY_MS} ms; see ${contender.log.path}`);
}

/** Asks a contender that talks by lines (loop.js). */
export async function ask({ child, lines, name }, question) {
  child.stdin.write(`${question}\n`);
  const { value, done } = await lines.next();
  if (done) throw new Error(`${name} ended`);
  return JSON.parse(value);
}

/** The process and all below it. */
function tree(pid) {
  const parents = new Map();
  for (const entry of readdirSync("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      // The name in parentheses may hold spaces; the parent is the second field after it.
      const stat = readFileSync(`/proc/${entry}/stat`, "utf8");
      parents.set(Number(entry), Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]));
    } catch {
      // It ended while the folder was read.
    }
  }
  const family = [pid];
  for (const member of family) {
    for (const [child, parent] of parents) if (parent === member) family.push(child);
  }
  return family;
}

function signalAll(contender, signal) {
  for (const pid of tree(contender.child.pid)) {
    try {
      process.kill(pid, signal);
    } catch {
      // It ended meanwhile.
    }
  }
}

/** Takes the processor away while others are measured: an idle server still has timers and pollers. */
export const freeze = (contender) => signalAll(contender, "SIGSTOP");
export const thaw = (contender) => signalAll(contender, "SIGCONT");

/** The highest resident memory so far, bytes, of the process and those below it together. */
export function peakMemory(contender) {
  let sum = 0;
  for (const pid of tree(contender.child.pid)) {
    const found = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
    sum += found ? Number(found[1]) * 1024 : 0;
  }
  return sum;
}

/** Processor time so far, seconds, of the process and those below it together. */
export function processorTime(contender) {
  let sum = 0;
  for (const pid of tree(contender.child.pid)) {
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      try {
        sum += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]) / 1e9;
      } catch {
        // A thread that ended takes its time with it; the contenders' threads live as long as they do.
      }
    }
  }
  return sum;
}

export async function stop(contender) {
  const { child } = contender;
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  thaw(contender);
  child.kill("SIGTERM");
  const timer = setTimeout(() => signalAll(contender, "SIGKILL"), EXIT_MS);
  await ended;
  clearTimeout(timer);
  contender.log.end();
}
