/** The part of @defasm/core (2.4.5, plain JavaScript) that the assembler uses. */
declare module "@defasm/core" {
  export interface DefasmValue {
    addend: bigint;
    section: DefasmSection | { name: string; index: number };
    symbol: DefasmSymbol | null;
    absoluteValue(): bigint;
  }
  export interface DefasmSymbol {
    name: string;
    statement: object | null;
    value: DefasmValue;
    bind?: number;
    size?: bigint;
  }
  export interface DefasmRelocation {
    offset: number;
    addend: bigint;
    symbol: DefasmSymbol | null;
    size: number;
    signed: boolean;
    pcRelative: boolean;
  }
  export interface DefasmSection {
    name: string;
    flags: number;
    type: number;
    head: { dump(): Uint8Array; length(): number };
    getRelocations(): DefasmRelocation[];
  }
  export class AssemblyState {
    constructor(options?: { syntax?: { intel: boolean; prefix: boolean } });
    source: string;
    sections: DefasmSection[];
    symbols: Map<string, DefasmSymbol>;
    errors: { message: string; range: { start: number } }[];
    compile(source: string): void;
  }
}
