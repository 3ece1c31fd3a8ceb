// Some registries mirror only the platforms that their owners use. npm then writes a package-lock.json without the optional
// packages of the other platforms, and `npm ci` refuses that file. This adds the missing entries, with the platform that
// their names state, so that one lock file serves every machine: run it after `npm install`.
import { readFileSync, writeFileSync } from "node:fs";

const OS = [
  "aix",
  "android",
  "darwin",
  "freebsd",
  "linux",
  "netbsd",
  "openbsd",
  "openharmony",
  "sunos",
  "wasi",
  "win32",
];
const CPU = {
  arm: "arm",
  arm64: "arm64",
  ia32: "ia32",
  x64: "x64",
  ppc64: "ppc64",
  ppc64le: "ppc64",
  riscv64: "riscv64",
  s390x: "s390x",
  loong64: "loong64",
  mips64el: "mips64el",
  wasm32: "wasm32",
};

function platformOf(name) {
  const words = name.split(/[/-]/);
  const os = words.flatMap((word) =>
    OS.filter((known) => word === known || (known === "linux" && word.startsWith("linuxmusl"))),
  );
  const cpu = words.flatMap((word) => (word in CPU ? [CPU[word]] : []));
  const libc = words.some((word) => word.includes("musl"))
    ? ["musl"]
    : words.includes("gnu")
      ? ["glibc"]
      : undefined;
  return { ...(cpu.length && { cpu }), ...(libc && { libc }), ...(os.length && { os }) };
}

const file = new URL("../package-lock.json", import.meta.url);
const lock = JSON.parse(readFileSync(file, "utf8"));
let added = 0;
for (const { optionalDependencies = {} } of Object.values(lock.packages)) {
  for (const [name, version] of Object.entries(optionalDependencies)) {
    const place = `node_modules/${name}`;
    if (lock.packages[place] || /[\^~*|<>]/.test(version)) continue;
    const platform = platformOf(name);
    // An optional package without a platform of its own is not one that a mirror leaves out for its platform.
    if (!platform.os && !platform.cpu) continue;
    lock.packages[place] = { version, optional: true, ...platform };
    added++;
  }
}
const [root, ...rest] = Object.entries(lock.packages);
rest.sort(([a], [b]) => (a < b ? -1 : 1));
lock.packages = Object.fromEntries([root, ...rest]);
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
console.log(`${added} optional packages added to package-lock.json`);
