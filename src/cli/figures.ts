/** A table that is printed line by line, before its widest cell is known: titles, and how many characters each column has. */
export type FigureColumns = readonly (readonly [title: string, width: number])[];

/** The first cell stands left, figures right. */
export function figureLine(cells: readonly string[], columns: FigureColumns): string {
  return cells
    .map((cell, i) => {
      const width = columns[i]?.[1] ?? 0;
      return i === 0 ? cell.padEnd(width) : cell.padStart(width);
    })
    .join("")
    .trimEnd();
}

export function figureHead(columns: FigureColumns): string {
  return figureLine(
    columns.map(([title]) => title),
    columns,
  );
}

/** Three digits that count, more before the point; a dash for what was not measured. */
export function figure(value: number | undefined): string {
  if (value === undefined || !Number.isFinite(value)) return "–";
  return Math.abs(value) >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
}

/** What a mark in the last column means. */
export const UNSTABLE =
  "~ no three windows in a row agreed within 10 %: something else runs here, or the window is short (--window).";
