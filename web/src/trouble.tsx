import type { Trouble } from "./words.ts";

/** What failed, where, and what to do about it. */
export function TroubleBox({ trouble }: { trouble: Trouble }) {
  const { message, code, where, hint } = trouble;
  return (
    <div class="box trouble" role="alert">
      <p>
        <strong>
          <Words text={message} />
        </strong>
      </p>
      {where && <p class="quiet">{where}</p>}
      {hint && (
        <p>
          <Words text={hint} />
        </p>
      )}
      {code && <p class="quiet code">{code}</p>}
    </div>
  );
}

/** Messages mark what is to be typed with backticks, as in Markdown. */
function Words({ text }: { text: string }) {
  const parts = text.split("`");
  // One that stands alone is a backtick.
  if (parts.length % 2 === 0) return <>{text}</>;
  return (
    <>
      {parts.map((part, i) =>
        i % 2 === 0 ? (
          part
        ) : (
          <span key={i} class="code">
            {part}
          </span>
        ),
      )}
    </>
  );
}

/** What is unlike the inputs that the model was made for. */
export function WarningBox({ warnings }: { warnings: readonly string[] }) {
  if (warnings.length === 0) return null;
  return (
    <div class="box warning" role="status">
      {warnings.map((warning) => (
        <p key={warning}>{warning}</p>
      ))}
    </div>
  );
}
