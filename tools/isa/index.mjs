// The one instruction table. `forms` has a row for each encoding, as it is written down; `rows` has one for each operand size
// of it, with all sizes as numbers. The decoder (tools/gen-isa.mjs), docs/instructions.md and the tests are made from them.
import { FEATURES } from "./features.mjs";
import "./integer.mjs";
import "./vector.mjs";
import "./x87.mjs";
import { expand, forms, sizeClass } from "./notation.mjs";

forms.forEach((f, i) => {
  f.id = i + 1;
  if (!FEATURES[f.feature]) throw new Error(`${f.mnemonic}: no feature ${f.feature}`);
});
const rows = forms.flatMap((f) => expand(f).map((row) => ({ ...row, form: f, key: `${f.code}${row.opsize ? ` :${row.opsize}` : ""}` })));

export { FEATURES, forms, rows, sizeClass };
export { encode, immediateSizes } from "./encode.mjs";
