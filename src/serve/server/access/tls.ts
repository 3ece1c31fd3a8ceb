import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { unwatchFile, watchFile } from "node:fs";
import { readFile } from "node:fs/promises";
import type { Server } from "node:http";
import type { Server as TlsServer } from "node:https";
import { createSecureContext } from "node:tls";
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

/** In the first line of a private key, or of a header that follows it. */
const LOCKED = /-----BEGIN ENCRYPTED |^Proc-Type: 4,ENCRYPTED/m;

/** The files are looked at so often: a renewed certificate is good for days before the old one ends. */
const WATCH_MS = 10_000;

/**
 * Reads a certificate and its private key, and holds them together.
 * @throws FILE_NOT_FOUND, FILE_UNREADABLE, SERVE_TLS_FILE, SERVE_TLS_PAIR, SERVE_TLS_REFUSED
 */
export async function readTls(files: TlsFiles, log: ServerLog): Promise<TlsPair> {
  const cert = await read(files.cert);
  const key = await read(files.key);
  const certificate = parse(files.cert, "certificate", () => new X509Certificate(cert));
  const secret: KeyObject = parse(files.key, "private key", () => {
    if (LOCKED.test(key.toString("latin1"))) throw new Error("it is locked by a passphrase");
    return createPrivateKey(key);
  });
  if (!certificate.checkPrivateKey(secret)) throw fail("SERVE_TLS_PAIR", { ...files });
  try {
    createSecureContext({ cert, key });
  } catch (cause) {
    throw fail("SERVE_TLS_REFUSED", { ...files, problem: (cause as Error).message }, { cause });
  }
  tellOfDates(certificate, files.cert, log);
  return { cert, key };
}

/** A clock may be wrong, and a renewal on its way: it is served all the same, and whoever runs it is told. */
function tellOfDates({ validFrom, validTo }: X509Certificate, cert: string, log: ServerLog): void {
  const now = Date.now();
  if (now > Date.parse(validTo))
    log.warn({ cert, until: validTo }, "the certificate has expired: clients refuse it");
  else if (now < Date.parse(validFrom))
    log.warn({ cert, from: validFrom }, "the certificate is not valid yet: clients refuse it");
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
      (server as TlsServer).setSecureContext(await readTls(files, log));
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
