import type { ModelCard } from "../../../run/pipeline/catalogue.ts";

/** Lines that ask a model, to be copied into a shell and into a program. */
export interface CallExamples {
  readonly curl: string;
  readonly typescript: string;
}

/** A file name for each kind of input that a task takes. */
const FILES: Readonly<Record<string, string>> = { image: "picture.jpg", audio: "sound.wav" };

/**
 * The lines for one model. curl's works as it stands: it asks about the model's own example.
 * @param origin "http://host:port"
 * @param key whether the server asks for one, which the lines then take from MODELYARD_API_KEY
 */
export function callExamples(card: ModelCard, origin: string, key = false): CallExamples {
  const url = `${origin}/models/${encodeURIComponent(card.id.name)}`;
  const file = FILES[card.task?.accepts.kind ?? ""];
  const example = quote(`${url}/example`);
  const curl = `${key ? KEY_CURL : "curl -s"} '${example}' | ${key ? KEY_CURL : "curl -s"} --data-binary @- '${quote(url)}'`;
  const kind = card.task?.accepts.kind ?? "";
  const [before, body] = kind === "text" ? TEXT : file ? readsFile(file) : fetchesExample(url, key);
  const typescript = `${before}const response = await fetch(${JSON.stringify(url)}, { method: "POST"${key ? `, ${KEY_HEADERS}` : ""}, body: ${body} });
console.log(await response.json());
`;
  return { curl, typescript };
}

const KEY_CURL = 'curl -s -H "Authorization: Bearer $MODELYARD_API_KEY"';
const KEY_HEADERS = `headers: { authorization: \`Bearer \${process.env.MODELYARD_API_KEY}\` }`;

/** What stands before the call, and its body. */
type Lines = readonly [before: string, body: string];

const TEXT: Lines = ["", 'JSON.stringify({ inputs: "It was a pleasure." })'];

function readsFile(file: string): Lines {
  return ['import { readFile } from "node:fs/promises";\n\n', `await readFile("${file}")`];
}

function fetchesExample(url: string, key: boolean): Lines {
  return [
    `const example = await fetch(${JSON.stringify(`${url}/example`)}${key ? `, { ${KEY_HEADERS} }` : ""});\n`,
    "await example.arrayBuffer()",
  ];
}

/** encodeURIComponent leaves the apostrophe, which would end a shell's quotes. */
function quote(url: string): string {
  return url.replaceAll("'", "%27");
}
