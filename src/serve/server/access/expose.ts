import { isIP, isIPv4 } from "node:net";
import { fail } from "../../../base/errors/index.ts";
import type { KeyStore } from "../../store/store.ts";
import type { TlsFiles } from "./tls.ts";

/** To whom a server is open, and over what. Left out, it is open to this machine alone. */
export interface Exposure {
  /** Where keys are; null for nowhere. */
  readonly keys?: Pick<KeyStore, "keys" | "noteUses"> | null;
  /** A key that is in no database, of every scope. */
  readonly apiKey?: string;
  /** Whether others than this machine may be served without a key. */
  readonly insecure?: boolean;
  readonly tls?: TlsFiles;
  /** Origins of pages that may ask, such as "https://app.example", or "*". */
  readonly cors?: readonly string[];
  /** Addresses and networks of proxies whose X-Forwarded-For is believed. */
  readonly proxies?: readonly string[];
}

/** Whether nobody but this machine reaches what listens there. A name that is not localhost may be anything. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIPv4(host) && host.startsWith("127."));
}

/** @throws SERVE_UNGUARDED */
export function refuseUnguarded(host: string, asked: boolean, insecure = false): void {
  if (!asked && !insecure && !isLoopback(host)) throw fail("SERVE_UNGUARDED", { host });
}

/** Bits of an address, by the version of IP. */
const BITS: Readonly<Record<number, number>> = { 4: 32, 6: 128 };

/** Addresses and networks such as 10.0.0.0/8. @throws SERVE_PROXY */
export function checkProxies(proxies: readonly string[]): void {
  for (const text of proxies) {
    const [address = "", bits = "0", more] = text.split("/");
    const most = BITS[isIP(address)];
    if (most === undefined || more !== undefined || !/^\d{1,3}$/.test(bits) || Number(bits) > most)
      throw fail("SERVE_PROXY", { text });
  }
}
