import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

/** A certificate of a key, good from one date to another, both as ASN.1 writes them. */
export function datedCertificate(folder: string, key: string, from: string, to: string): string {
  const place = (name: string) => join(folder, name);
  const run = (args: string[]) => execFileSync("openssl", args, { stdio: "pipe" });
  const lines = [
    "[ca]",
    "default_ca=one",
    "[one]",
    `new_certs_dir=${folder}`,
    `database=${place("index.txt")}`,
  ];
  const more = [
    `serial=${place("serial")}`,
    "default_md=sha256",
    "policy=any",
    "[any]",
    "commonName=supplied",
  ];
  writeFileSync(place("ca.cnf"), [...lines, ...more, ""].join("\n"));
  writeFileSync(place("index.txt"), "");
  writeFileSync(place("serial"), "01\n");
  run(["req", "-new", "-key", key, "-subj", "/CN=dated", "-out", place("dated.csr")]);
  const dates = ["-startdate", from, "-enddate", to];
  const files = ["-keyfile", key, "-in", place("dated.csr"), "-out", place("dated.pem")];
  run(["ca", "-batch", "-selfsign", "-notext", "-config", place("ca.cnf"), ...files, ...dates]);
  return place("dated.pem");
}

/** A certificate of its own for 127.0.0.1 and its key, made by OpenSSL: `<name>.pem` and `<name>-key.pem`. */
export function certificate(folder: string, name: string): { cert: string; key: string } {
  const cert = join(folder, `${name}.pem`);
  const key = join(folder, `${name}-key.pem`);
  const kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"];
  const named = ["-subj", `/CN=${name}`, "-addext", "subjectAltName=IP:127.0.0.1"];
  execFileSync("openssl", ["req", ...kind, ...named, "-keyout", key, "-out", cert], { stdio: "pipe" });
  return { cert, key };
}
