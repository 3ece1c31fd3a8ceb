/** Columns of a letter, each as wide as a unit; rows count from the top. */
const COLUMNS = 5;
const ROWS = 7;
/** The first character of the table. */
const FIRST = 32;

/** The printable characters of ASCII, a byte a column, the top row in its lowest bit. */
const LETTERS =
  "000000000000005f00000007000700147f147f14242a7f2a12231308646236495522500005030000001c2241000041221c00" +
  "082a1c2a0808083e080800503000000808080808006060000020100804023e5149453e00427f400042615149462141454b31" +
  "1814127f1027454545393c4a49493001710905033649494936064949291e0036360000005636000008142241001414141414" +
  "00412214080201510906324979413e7e1111117e7f494949363e414141227f4141221c7f494949417f090909013e4149497a" +
  "7f0808087f00417f41002040413f017f081422417f404040407f020c027f7f0408107f3e4141413e7f090909063e4151215e" +
  "7f09192946464949493101017f01013f4040403f1f2040201f3f4038403f631408146307087008076151494543007f414100" +
  "02040810200041417f0004020102044040404040000102040020545454787f484444383844444420384444487f3854545418" +
  "087e0901020c5252523e7f0804047800447d40002040443d007f1028440000417f40007c041804787c080404783844444438" +
  "7c14141408081414187c7c080404084854545420043f4440203c4040207c1c2040201c3c4030403c44281028440c5050503c" +
  "4464544c44000836410000007f000000413608001008081008";

export interface TextPath {
  /** Path data of SVG, a unit a dot. */
  readonly path: string;
  readonly width: number;
  readonly height: number;
}

/** A text as dots. Accents are left out; characters that are not in the table become question marks. */
export function textPath(text: string): TextPath {
  const letters = [...text.normalize("NFD").replace(/\p{M}/gu, "")];
  const path: string[] = [];
  for (const [i, letter] of letters.entries()) {
    const code = letter.codePointAt(0) ?? 0;
    const index = (code >= FIRST && code < 127 ? code : 63) - FIRST;
    for (let column = 0; column < COLUMNS; column++) {
      const at = 2 * (index * COLUMNS + column);
      const dots = Number.parseInt(LETTERS.slice(at, at + 2), 16);
      for (let row = 0; row < ROWS; row++) {
        if (((dots >> row) & 1) === 1) path.push(`M${i * (COLUMNS + 1) + column} ${row}h1v1h-1z`);
      }
    }
  }
  return { path: path.join(""), width: Math.max(1, letters.length * (COLUMNS + 1) - 1), height: ROWS };
}
