import type { Trouble } from "./words.ts";

/** What failed, where, and what to do about it. */
export function TroubleBox({ trouble }: { trouble: Trouble }) {
  const { message, code, where, hint } = trouble;
  return (
    <div class="box trouble" role="alert">
      <p>
        <strong>{message}</strong>
      </p>
      {where && <p class="quiet">{where}</p>}
      {hint && <p>{hint}</p>}
      {code && <p class="quiet code">{code}</p>}
    </div>
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
