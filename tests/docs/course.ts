// Runs a page of docs/ as its reader would: every fenced block, in their order, in one shell, and compares what is printed.
//
//   ```console        `$ ` begins a command; what follows is what it prints, on both streams. "…" stands for anything: within a
//                     line for the rest of it or a part, alone on a line for any number of lines.
//   ```console server the same for one that runs on, in a terminal of its own, until the page ends
//   ```ts ask.ts      a file of that name, written before what follows; so with any language
//   ```sh docker      commands of a container engine or of Kubernetes, which are not here
import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { ROOT } from "../cli/modelyard.ts";

/** The pages that are read so, in the order in which they build on each other. */
export const COURSE = [
  "first-model",
  "load",
  "input",
  "result",
  "devices",
  "modules",
  "convert",
  "deploy",
  "coming-from",
];

export interface Block {
  readonly language: string;
  readonly name: string;
  readonly text: string;
  /** Line of the page, from 1, for messages. */
  readonly line: number;
}

interface Command {
  readonly command: string;
  readonly printed: string;
}

/** All fenced blocks of a page. */
export function blocksOf(page: string): Block[] {
  const blocks: Block[] = [];
  for (const match of page.matchAll(/^```(\S*)(?: +(.*))?\n([\s\S]*?)^```$/gm)) {
    const line = page.slice(0, match.index).split("\n").length;
    blocks.push({ language: match[1] ?? "", name: match[2] ?? "", text: match[3] ?? "", line });
  }
  return blocks;
}

function commandsOf({ text, line }: Block): Command[] {
  if (!text.startsWith("$ ")) throw new Error(`line ${line}: a session begins with a command`);
  return text
    .slice(2)
    .split(/^\$ /m)
    .map((part) => {
      const end = part.indexOf("\n");
      return { command: part.slice(0, end), printed: part.slice(end + 1) };
    });
}

/** What was printed, held to what a page shows. Empty lines before and behind it do not count. */
export function isShown(output: string, shown: string): boolean {
  const printed = output.replace(/^\n+/, "");
  const lines = shown.trimEnd().split("\n");
  const pattern = lines
    .map((line) => {
      if (line.trim() === "…") return "(?:.*\\n)*?";
      const parts = line.trimEnd().split("…");
      return `${parts.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join(".*")}[ ]*\\n`;
    })
    .join("");
  return shown.trim() === ""
    ? printed.trim() === ""
    : new RegExp(`^${pattern}$`).test(`${printed.trimEnd()}\n`);
}

const freePort = () =>
  new Promise<number>((resolve) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });

/** Where a server of a page listens. */
const ADDRESS = /(127\.0\.0\.1|0\.0\.0\.0):(\d+)/g;

/** Marks the end of what a command prints, with its exit code. */
const END = "\u0001";
const ENDED = new RegExp(`${END}(\\d+)${END}\\n$`);

/** A terminal in a folder: one shell, which remembers where it is. */
export class Reader {
  readonly #shell: ChildProcess;
  readonly #env: NodeJS.ProcessEnv;
  readonly #ports = new Map<string, number>();
  readonly #servers: { readonly child: ChildProcess; readonly ended: Promise<unknown> }[] = [];
  #printed = "";

  constructor(folder: string) {
    const tools = join(folder, ".tools");
    mkdirSync(tools);
    const script = (name: string, text: string) => {
      writeFileSync(join(tools, name), `#!/bin/sh\n${text}\n`);
      chmodSync(join(tools, name), 0o755);
    };
    // As npm leaves it; that the package installs from its tarball is what scripts/check-package.js is for.
    const linked = join(tools, "node_modules");
    mkdirSync(linked);
    symlinkSync(ROOT, join(linked, "modelyard"));
    script(
      "npm",
      `case "$*" in
"install modelyard --ignore-scripts") mkdir -p node_modules/.bin
  ln -sfn ${linked}/modelyard node_modules/modelyard
  ln -sfn ../modelyard/bin/modelyard.js node_modules/.bin/modelyard ;;
*) exec '${join(dirname(process.execPath), "npm")}' "$@" ;;
esac`,
    );
    // What npx does for a package that is installed, without the second that it takes to find out.
    script("npx", `command=$1; shift; exec '${process.execPath}' "node_modules/.bin/$command" "$@"`);
    this.#env = {
      ...process.env,
      PATH: `${tools}:${dirname(process.execPath)}:${process.env.PATH}`,
      MODELYARD_DATA: join(folder, ".data"),
      EXAMPLES: join(ROOT, "examples/models"),
      COLUMNS: "160",
      // The reader's machine has no GPU.
      VK_ICD_FILENAMES: "/nowhere/driver.json",
      VK_DRIVER_FILES: "/nowhere/driver.json",
      LC_ALL: "C.UTF-8",
    };
    this.#shell = spawn("sh", ["-c", "exec 2>&1; exec sh"], { cwd: folder, env: this.#env, stdio: "pipe" });
    this.#shell.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
      this.#printed += chunk;
    });
  }

  /** @throws where something else is printed than the page shows, or a command fails that shows no error */
  async read(page: string): Promise<void> {
    const text = readFileSync(join(ROOT, page), "utf8");
    try {
      for (const block of blocksOf(text)) await this.#follow(block, page);
    } finally {
      await this.#endServers();
    }
  }

  async #follow(block: Block, page: string): Promise<void> {
    const { language, name, line } = block;
    const where = `${page}:${line}`;
    if (language === "console" && name === "") {
      for (const { command, printed } of commandsOf(block)) await this.#run(command, printed, where);
    } else if (language === "console" && name === "server") {
      for (const { command, printed } of commandsOf(block)) await this.#serve(command, printed, where);
    } else if (language === "sh" && name === "docker") {
      for (const each of block.text.trim().split("\n"))
        if (!/^(docker|kubectl) /.test(each)) throw new Error(`${where}: ${each} can be run here`);
    } else if (/^[\w./-]+\.[a-z]+$/.test(name)) {
      const path = join(await this.#place(), name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, await this.#withPort(block.text));
    } else {
      throw new Error(`${where}: nothing is known to do with a block of "${language} ${name}"`);
    }
  }

  /** Ports of the page are taken by others, or by a page that is read at the same time. */
  async #withPort(text: string): Promise<string> {
    const found = [...text.matchAll(ADDRESS)].map(([, , port = ""]) => port);
    for (const port of found) if (!this.#ports.has(port)) this.#ports.set(port, await freePort());
    return text.replace(ADDRESS, (_, host: string, port: string) => `${host}:${this.#ports.get(port)}`);
  }

  async #run(command: string, shown: string, where: string): Promise<void> {
    const { printed, code } = await this.#ask(await this.#withPort(command));
    const wanted = await this.#withPort(shown);
    if (!isShown(printed, wanted))
      throw new Error(
        `${where}: ${command}\nprinted, with exit code ${code}\n${printed}\nwhere the page shows\n${wanted}`,
      );
    const fails = /^modelyard: /m.test(shown);
    if ((code !== 0) !== fails) throw new Error(`${where}: ${command} ended with ${code}: ${printed}`);
  }

  async #ask(command: string): Promise<{ printed: string; code: number }> {
    this.#printed = "";
    this.#shell.stdin?.write(`${command}\nprintf '${END}%d${END}\\n' $?\n`);
    for (;;) {
      const end = ENDED.exec(this.#printed);
      if (end) return { printed: this.#printed.slice(0, end.index), code: Number(end[1]) };
      if (this.#shell.exitCode !== null) throw new Error(`the shell ended: ${this.#printed}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  async #place(): Promise<string> {
    return (await this.#ask("pwd")).printed.trim();
  }

  async #serve(command: string, shown: string, where: string): Promise<void> {
    await this.#endServers();
    const wanted = await this.#withPort(shown);
    const port = [...wanted.matchAll(ADDRESS)][0]?.[2];
    if (port === undefined) throw new Error(`${where}: the page shows no address`);
    const line = `exec ${command} --port ${port} 2>&1`;
    const child = spawn("sh", ["-c", line], {
      cwd: await this.#place(),
      env: this.#env,
      stdio: ["ignore", "pipe", "inherit"],
    });
    const ended = new Promise((resolve) => child.once("close", resolve));
    this.#servers.push({ child, ended });
    let printed = "";
    child.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
      printed += chunk;
    });
    // What comes after what the page shows is of no concern.
    while (!isShown(printed, `${wanted.trimEnd()}\n…`)) {
      if (child.exitCode !== null) throw new Error(`${where}: ${command} ended: ${printed}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async #endServers(): Promise<void> {
    for (const { child, ended } of this.#servers.splice(0)) {
      child.kill("SIGTERM");
      await ended;
    }
  }

  async close(): Promise<void> {
    await this.#endServers();
    const ended = new Promise((resolve) => this.#shell.once("close", resolve));
    this.#shell.stdin?.end();
    await ended;
  }
}
