import { createClient } from "../../src/client/index.ts";
import { readKey } from "./key.tsx";

/** The server that this page came from, whatever path it is reached by. */
export const origin = new URL(".", document.baseURI).href.replace(/\/$/, "");
export const server = createClient(origin, { key: readKey });
