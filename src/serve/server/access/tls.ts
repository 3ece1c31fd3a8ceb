import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { unwatchFile, watchFile } from "node:fs";
import { readFile } from "node:fs/promises";
import type { Server } from "node:http";
import type { Server as TlsServer } from "node:https";
import { fail } from "../../../base/errors/index.ts";
import { fileError } from "../../../base/node/index.ts";
import type { ServerLog } from "../log.ts";

/** Paths of PEM files. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
}

export interface TlsPair {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** The files are looked at so often: a renewed certificate is good for days before the old one ends. */
const WATCH_MS = 10_000;

/**
 * Reads a certificate and its private key, and holds them together.
 * @throws FILE_NOT_FOUND, FILE_UNREADABLE, SERVE_TLS_FILE, SERVE_TLS_PAIR
 */
export async function readTls(files: TlsFiles): Promise<TlsPair> {
  const cert = await read(files.cert);
  const key = await read(files.key);
  const certificate = parse(files.cert, "certificate", () => new X509Certificate(cert));
  const secret: KeyObject = parse(files.key, "private key", () => createPrivateKey(key));
  if (!certificate.checkPrivateKey(secret)) throw fail("SERVE_TLS_PAIR", { ...files });
  return { cert, key };
}

async function read(path: string): Promise<Buffer> {
  return readFile(path).catch((error: unknown) => {
    throw fileError(path, error);
  });
}

/** What the parser says of a private key's file is about its form, and shows nothing of it. */
function parse<T>(path: string, what: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw fail("SERVE_TLS_FILE", { path, what, problem: (cause as Error).message }, { cause });
  }
}

/** A certificate that is renewed while the server runs. */
export interface TlsRenewal {
  /** Reads the files again; where they are not good, the pair before stays and the log says why. */
  renew(): Promise<void>;
  close(): void;
}

/** New connections get what is in the files, those that are open stay. */
export function renewTls(files: TlsFiles, server: Server | TlsServer, log: ServerLog): TlsRenewal {
  const renew = async () => {
    try {
      (server as TlsServer).setSecureContext(await readTls(files));
      log.info({ cert: files.cert }, "the certificate was read again");
    } catch (err) {
      // Of two files that are replaced one after the other, the first does not fit until the second is there.
      log.error({ err }, "the certificate was not renewed: the one before stays");
    }
  };
  const changed = () => void renew();
  const options = { interval: WATCH_MS, persistent: false };
  for (const path of [files.cert, files.key]) watchFile(path, options, changed);
  return {
    renew,
    close: () => {
      for (const path of [files.cert, files.key]) unwatchFile(path, changed);
    },
  };
}
