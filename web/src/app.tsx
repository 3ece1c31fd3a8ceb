import { useEffect, useState } from "preact/hooks";
import { KeyForm, keepKey, readKey } from "./key.tsx";
import { ModelView } from "./model/view.tsx";
import { ModelList } from "./models/list.tsx";
import { useModels } from "./models/use-models.ts";
import { TroubleBox } from "./trouble.tsx";

/** The whole page: the models on one side, the chosen one on the other. */
export function App() {
  const [given, setGiven] = useState(() => ({ key: readKey() }));
  const { key } = given;
  const { list, trouble, wantsKey } = useModels(given);
  const change = (next: string | null) => {
    keepKey(next);
    setGiven({ key: next });
  };
  const asked = useHash();
  const chosen = list?.find(({ name }) => name === asked) ?? (asked === "" ? list?.[0] : undefined) ?? null;
  return (
    <>
      <header class="top">
        <a class="brand" href="./">
          <img src="./favicon.svg" alt="" width="26" height="26" /> Modelyard
        </a>
        <nav aria-label="Server">
          <a href="./docs">API</a>
          {/* A link carries no key. */}
          {key === null && !wantsKey && <a href="./metrics">Metrics</a>}
          {key !== null && !wantsKey && (
            <button type="button" class="link" onClick={() => change(null)}>
              Forget the key
            </button>
          )}
        </nav>
      </header>
      <div class={list && list.length > 0 ? "columns" : "columns alone"}>
        {list && list.length > 0 && <ModelList list={list} chosen={chosen?.name ?? null} />}
        <main>
          {wantsKey && <KeyForm trouble={key === null ? null : trouble} onKey={change} />}
          {trouble && !wantsKey && <TroubleBox trouble={trouble} />}
          {list === null && !trouble && <p class="quiet">Looking for models …</p>}
          {list?.length === 0 && (
            <p>There is no model in this server's folder yet: put one in and start it again.</p>
          )}
          {list && list.length > 0 && !chosen && <p>This server has no model named {asked}.</p>}
          {chosen && <ModelView key={`${chosen.name} ${chosen.version}`} entry={chosen} />}
        </main>
      </div>
    </>
  );
}

/** What stands behind # in the address: the chosen model's name. */
function useHash(): string {
  const [hash, setHash] = useState(readHash);
  useEffect(() => {
    const change = () => setHash(readHash());
    window.addEventListener("hashchange", change);
    return () => window.removeEventListener("hashchange", change);
  }, []);
  return hash;
}

function readHash(): string {
  const text = location.hash.slice(1);
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
