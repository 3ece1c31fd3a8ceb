import { useState } from "preact/hooks";
import { ClientError } from "../../src/client/index.ts";
import { TroubleBox } from "./trouble.tsx";
import type { Trouble } from "./words.ts";

/** The browser forgets it with the tab, and no other tab has it. */
const PLACE = "modelyard-key";

export function readKey(): string | null {
  return sessionStorage.getItem(PLACE);
}

export function keepKey(key: string | null): void {
  if (key === null) sessionStorage.removeItem(PLACE);
  else sessionStorage.setItem(PLACE, key);
}

/** Whether the server asks for a key, or for another one. */
export function wantsKey(error: unknown): boolean {
  return error instanceof ClientError && /^KEY_/.test(error.code);
}

/**
 * Asks a person for the key of this server.
 * @param trouble what is wrong with the one before
 */
export function KeyForm({ trouble, onKey }: { trouble: Trouble | null; onKey(key: string): void }) {
  const [text, setText] = useState("");
  const key = text.trim();
  return (
    <form
      class="card key-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (key !== "") onKey(key);
      }}
    >
      <h1>This server asks for a key</h1>
      <p class="quiet">
        Whoever runs it has one for you: <span class="code">modelyard keys create &lt;name&gt;</span> makes
        it. It stays in this tab, and is forgotten with it.
      </p>
      {trouble && <TroubleBox trouble={trouble} />}
      <label for="key">Key</label>
      <input
        id="key"
        type="password"
        autocomplete="off"
        spellcheck={false}
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
      />
      <button type="submit" class="main" disabled={key === ""}>
        Use this key
      </button>
    </form>
  );
}
