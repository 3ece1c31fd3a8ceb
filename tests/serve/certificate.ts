import { execFileSync } from "node:child_process";
import { join } from "node:path";

/** A certificate of its own for 127.0.0.1 and its key, made by OpenSSL: `<name>.pem` and `<name>-key.pem`. */
export function certificate(folder: string, name: string): { cert: string; key: string } {
  const cert = join(folder, `${name}.pem`);
  const key = join(folder, `${name}-key.pem`);
  const kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"];
  const named = ["-subj", `/CN=${name}`, "-addext", "subjectAltName=IP:127.0.0.1"];
  execFileSync("openssl", ["req", ...kind, ...named, "-keyout", key, "-out", cert], { stdio: "pipe" });
  return { cert, key };
}
