// Places of the source by byte of a module, from asc's source map (version 3, all on one line).
const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

function decode(text) {
  const values = [];
  let value = 0;
  let shift = 0;
  for (const letter of text) {
    const digit = DIGITS.indexOf(letter);
    value |= (digit & 31) << shift;
    if (digit & 32) shift += 5;
    else {
      values.push(value & 1 ? -(value >>> 1) : value >>> 1);
      value = 0;
      shift = 0;
    }
  }
  return values;
}

export class EdgeMap {
  constructor(map) {
    this.offsets = [];
    this.places = [];
    if (!map) return;
    let offset = 0;
    let source = 0;
    let line = 0;
    for (const segment of map.mappings.split(",")) {
      const [a, b, c] = decode(segment);
      offset += a;
      if (b !== undefined) {
        source += b;
        line += c;
      }
      this.offsets.push(offset);
      this.places.push({ file: map.sources[source].replace(/^(\.\.\/)+/, ""), line: line + 1 });
    }
  }

  /** { file, line } of the code at a byte of the module; empty when unknown. */
  at(offset) {
    let low = 0;
    let high = this.offsets.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.offsets[middle] <= offset) low = middle + 1;
      else high = middle;
    }
    return this.places[Math.max(0, low - 1)] ?? {};
  }
}
