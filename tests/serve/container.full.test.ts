// The Dockerfile as `deploy docker` writes it, built by buildah and run: no user, no writable root, no network but its port.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { emptyFolder, modelyard, ROOT } from "../cli/modelyard.ts";
import { modelsFolder } from "../pipeline/models-folder.ts";

const KEY = "0123456789abcdefghij";
const SEVEN = readFileSync(join(ROOT, "examples/models/mnist/seven.png"));
const MB = 1_000_000;
/** What the image may take beyond a base that has Node. */
const MOST_MB = 200;
/**
 * Seconds of the processor until the first answer: several times what it takes on a processor of today, so that one of yesterday
 * passes, and models that are compiled again, or an image that has lost its code cache, do not.
 */
const MOST_SECONDS = 6;

/** A registry that cannot be asked: what npm brought is in the image, whose build was told of another. */
const NOBODY = "npm_config_registry=http://127.0.0.1:9/";

const has = (program: string) =>
  ["/usr/bin", "/usr/sbin"].some((folder) => existsSync(join(folder, program)));

function missing(): string | null {
  if (process.platform !== "linux" || process.arch !== "x64") return "needs Linux on x64";
  if (process.getuid?.() !== 0) return "needs root, to make a base and to enter an image";
  const programs = ["buildah", "debootstrap"].filter((program) => !has(program));
  return programs.length === 0
    ? null
    : `needs ${programs.join(" and ")} (Debian: apt install ${programs.join(" ")})`;
}

/** buildah with a store of its own, removed when the test ends. */
function openBuildah(): (...args: string[]) => string {
  const store = emptyFolder();
  const places = ["--root", join(store, "root"), "--runroot", join(store, "run"), "--storage-driver", "vfs"];
  const buildah = (...args: string[]) => {
    const all = [...places, ...args];
    return execFileSync("buildah", all, { encoding: "utf8", maxBuffer: 64 * MB, stdio: "pipe" }).trim();
  };
  onTestFinished(() => void buildah("umount", "--all"));
  return buildah;
}

/** npm's settings on this machine, as a person would hand them to a build. */
function npmrc(): string {
  const config = (key: string) =>
    execFileSync("npm", ["config", "get", key], { encoding: "utf8", cwd: "/" }).trim();
  const files = [config("globalconfig"), config("userconfig")].filter((path) => existsSync(path));
  const own = [`registry=${config("registry")}`];
  const cafile = config("cafile");
  if (cafile !== "null") own.push("cafile=/etc/ssl/certs/ca-certificates.crt");
  return [...files.map((path) => readFileSync(path, "utf8")), ...own, ""].join("\n");
}

interface ImageConfig {
  readonly User: string;
  readonly Env: readonly string[];
  readonly Entrypoint: readonly string[];
  readonly Cmd: readonly string[];
  readonly Volumes: object;
  readonly Healthcheck: { readonly Test: readonly string[] };
}

const freePort = () =>
  new Promise<number>((resolve) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });

/** Runs an image's program in its root, which is read-only but for the volumes, as the image's user. */
function start(root: string, { User, Env }: ImageConfig, command: readonly string[]): ChildProcess {
  const uid = User.split(":")[0];
  const mounts = [
    'mount --make-rprivate / && mount --bind "$0" "$0" && mount -o remount,bind,ro "$0"',
    `mount -t tmpfs -o mode=700,uid=${uid} tmpfs "$0/data"`,
    'mount --rbind /dev "$0/dev" && mount -t proc proc "$0/proc"',
    `exec /usr/bin/env -i "$@"`,
  ].join(" && ");
  const inside = ["/usr/sbin/chroot", `--userspec=${User}`, root, ...command];
  const args = ["--mount", "sh", "-c", mounts, root, ...Env, `MODELYARD_API_KEY=${KEY}`, NOBODY, ...inside];
  const child = spawn("unshare", args, { stdio: ["ignore", "pipe", "pipe"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}

/** Seconds of the processor that a process has used, in user and system. */
function processorSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "latin1")
    .replace(/^.*\) /s, "")
    .split(" ");
  const perSecond = Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));
  return (Number(fields[11]) + Number(fields[12])) / perSecond;
}

test("the image is built, small, answers as no user from a read-only root, and loses no request when it is stopped", async (context) => {
  const reason = missing();
  if (reason !== null) return context.skip(reason);
  const folder = emptyFolder();
  const rootfs = join(folder, "base");
  execFileSync(join(ROOT, "tests/fixtures/container/base.sh"), [rootfs], { stdio: "pipe" });
  const buildah = openBuildah();
  const scratch = buildah("from", "scratch");
  execFileSync("cp", ["-a", `${rootfs}/.`, buildah("mount", scratch)]);
  buildah("commit", "-q", "--rm", scratch, "base");
  const bytes = (path: string) =>
    Number(execFileSync("du", ["-sb", path], { encoding: "utf8" }).split("\t")[0]);
  const before = bytes(rootfs);
  rmSync(rootfs, { recursive: true });

  const packing = ["pack", "--silent", "--ignore-scripts=false", "--pack-destination", folder];
  execFileSync("npm", packing, { cwd: ROOT, stdio: "pipe" });
  const [tarball = ""] = readdirSync(folder).filter((name) => name.endsWith(".tgz"));
  const models = modelsFolder({
    "mnist/1/model.onnx": { copy: join(ROOT, "examples/models/mnist/1/mnist-8.onnx") },
    // From elsewhere, and large enough to be compiled; a model of a pipeline alone, too.
    "voice/model.yaml": "model: npm:@ricky0123/vad-web@0.0.31/dist/silero_vad_v5.onnx\n",
    "chain/pipeline.yaml":
      "input: audio\nexample: npm:@ricky0123/vad-web@0.0.31/package.json\nsteps:\n  hear: { model: older }\n",
    "chain/older/model.yaml": "model: npm:@ricky0123/vad-web@0.0.31/dist/silero_vad_legacy.onnx\n",
  });
  // Read by who made it alone, who is another than the image's user.
  chmodSync(join(models, "mnist/1/model.onnx"), 0o600);
  const image = join(folder, "image");
  const deploy = ["deploy", "docker", models, "-o", image, "--package", join(folder, tarball)];
  expect((await modelyard(deploy)).code).toBe(0);
  writeFileSync(join(folder, "npmrc"), npmrc());
  const build = ["bud", "--isolation", "chroot", "--layers=false", "--format", "docker"];
  const given = ["--build-arg", "BASE=localhost/base", "--secret", `id=npmrc,src=${join(folder, "npmrc")}`];
  const told = buildah(...build, ...given, "-t", "image", image);
  expect(told).toMatch(/voice version 1: compiled for this machine/);
  expect(told).toMatch(/chain version 1, step hear: compiled for this machine/);

  const inspected = JSON.parse(buildah("inspect", "--type", "image", "image"));
  const config = inspected.Docker.config as ImageConfig;
  expect(config.User).toBe("10001:10001");
  expect(Object.keys(config.Volumes)).toEqual(["/data"]);
  const container = buildah("from", "image");
  const root = buildah("mount", container);
  const added = (bytes(root) - before) / MB;
  expect(added).toBeLessThan(MOST_MB);
  expect(readdirSync(join(root, "app/node_modules/onnxruntime-node/bin/napi-v6"))).toEqual(["linux"]);
  expect(existsSync(join(root, "root/.npmrc"))).toBe(false);
  expect(readdirSync(join(root, "cache/compiled")).length).toBe(2);

  const port = await freePort();
  const server = start(root, config, [...config.Entrypoint, ...config.Cmd, "--port", String(port)]);
  let output = "";
  for (const stream of [server.stdout, server.stderr])
    stream?.on("data", (chunk) => (output += String(chunk)));
  const ended = new Promise((resolve) => server.once("close", (code, signal) => resolve(code ?? signal)));
  const ask = () =>
    fetch(`http://127.0.0.1:${port}/models/mnist`, {
      method: "POST",
      body: SEVEN,
      headers: { authorization: `Bearer ${KEY}` },
    });
  const status = () =>
    ask().then(
      (response) => response.status,
      () => 0,
    );
  await expect.poll(status, { message: output, interval: 20 }).toBe(200);
  expect(processorSeconds(server.pid ?? 0)).toBeLessThan(MOST_SECONDS);
  expect(readFileSync(`/proc/${server.pid}/status`, "latin1")).toMatch(/^Uid:\t10001\t10001/m);
  expect(((await (await ask()).json()) as { label: string }[])[0]?.label).toBe("7");
  const all = async () => (await fetch(`http://127.0.0.1:${port}/v2/health/ready?models=all`)).status;
  await expect.poll(all, { message: output }).toBe(200);
  const authorization = `Bearer ${KEY}`;
  const example = await fetch(`http://127.0.0.1:${port}/models/chain/example`, {
    headers: { authorization },
  });
  expect(example.status).toBe(200);
  const health = config.Healthcheck.Test.slice(1).map((each) => each.replace("8080", String(port)));
  const healthy = start(root, config, health);
  expect(await new Promise((resolve) => healthy.once("close", resolve))).toBe(0);

  // Whose request was on its way before the signal gets an answer: the model's, or that the server is shutting down.
  let stopped = false;
  const agent = new Agent({ keepAlive: true });
  onTestFinished(() => agent.destroy());
  const counts = new Map<number | string, number>();
  const once = () =>
    new Promise<number | string>((resolve) => {
      let sent = false;
      const headers = { authorization: `Bearer ${KEY}`, "content-length": SEVEN.length };
      const options = { host: "127.0.0.1", port, path: "/models/mnist", method: "POST", headers, agent };
      const asking = request(options, (response) => {
        response.resume().on("error", () => resolve("cut"));
        response.on("end", () => resolve(response.statusCode ?? 0));
      });
      asking.on("finish", () => {
        sent = !stopped;
      });
      asking.on("error", () => resolve(sent ? "lost" : "refused"));
      asking.end(SEVEN);
    });
  const caller = async () => {
    while (!stopped) {
      const answer = await once();
      counts.set(answer, (counts.get(answer) ?? 0) + 1);
    }
  };
  const callers = Promise.all(Array.from({ length: 16 }, caller));
  await expect.poll(() => counts.get(200) ?? 0).toBeGreaterThan(50);
  stopped = true;
  server.kill("SIGTERM");
  await callers;
  expect([...counts.keys()].filter((each) => ![200, 503, "refused"].includes(each))).toEqual([]);
  expect(await ended, output).toBe(0);
  expect(output).not.toContain(KEY);
});
