/** Buttons of which one is pressed: the ways to give an input. */
export function Choice<T extends string>(props: {
  label: string;
  options: readonly T[];
  value: T;
  choose(value: T): void;
}) {
  return (
    <fieldset class="choice" aria-label={props.label}>
      {props.options.map((option) => (
        <button
          key={option}
          type="button"
          aria-pressed={option === props.value}
          onClick={() => props.choose(option)}
        >
          {option}
        </button>
      ))}
    </fieldset>
  );
}
