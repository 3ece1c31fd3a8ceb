import { useState } from "preact/hooks";

/** The lines that do the same without this page. */
export function CallLines({ examples }: { examples: { curl: string; typescript: string } }) {
  return (
    <section>
      <h2>The same from your code</h2>
      <Lines title="curl" text={examples.curl} />
      <Lines title="TypeScript" text={examples.typescript} />
    </section>
  );
}

function Lines({ title, text }: { title: string; text: string }) {
  const [copied, setCopied] = useState<boolean | null>(null);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setCopied(true);
    } catch {
      // A page that came over plain http from another machine may not write there.
      setCopied(false);
    }
  };
  const word = copied === null ? "Copy" : copied ? "Copied" : "Select it by hand";
  return (
    <figure class="lines">
      <figcaption>
        {title}
        <button type="button" onClick={() => void copy()}>
          {word}
        </button>
      </figcaption>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <pre tabIndex={0}>{text}</pre>
    </figure>
  );
}
