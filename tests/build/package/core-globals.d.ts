// All that the library's core may use beside the language: what browsers, Node and workers have in common.
declare namespace WebAssembly {
  class Module {
    constructor(bytes: ArrayBuffer | ArrayBufferView);
    static customSections(module: Module, name: string): ArrayBuffer[];
    static imports(module: Module): { module: string; name: string; kind: string }[];
    static exports(module: Module): { name: string; kind: string }[];
  }
  class Instance {
    constructor(module: Module, imports?: Imports);
    readonly exports: Record<string, unknown>;
  }
  class Memory {
    readonly buffer: ArrayBuffer;
    grow(pages: number): number;
  }
  class RuntimeError extends Error {}
  type ModuleImports = Record<string, unknown>;
  type Imports = Record<string, ModuleImports>;
  function compile(bytes: ArrayBuffer): Promise<Module>;
}
interface ReadableStreamDefaultController<T> {
  enqueue(chunk: T): void;
  close(): void;
}
declare class ReadableStream<T> {
  constructor(source: { start?(controller: ReadableStreamDefaultController<T>): void; cancel?(): void });
  getReader(): { read(): Promise<{ done: false; value: T } | { done: true; value: undefined }> };
}
declare class WritableStream<T> {
  constructor(sink: { write?(chunk: T): Promise<void> | void; close?(): void; abort?(): void });
  getWriter(): { write(chunk: T): Promise<void>; close(): Promise<void> };
}
declare class TextEncoder {
  encode(text: string): Uint8Array<ArrayBuffer>;
}
declare class TextDecoder {
  constructor(label?: string);
  decode(bytes?: Uint8Array | ArrayBuffer, options?: { stream?: boolean }): string;
}
declare class MessageChannel {
  readonly port1: { onmessage: (() => void) | null };
  readonly port2: { postMessage(message: unknown): void };
}
declare const setImmediate: ((run: () => void) => unknown) | undefined;
declare function setTimeout(run: (value?: any) => void, ms: number): unknown;
declare function clearTimeout(timer: unknown): void;
declare const performance: { now(): number };
declare const crypto: { getRandomValues(bytes: Uint8Array): Uint8Array };
interface SymbolConstructor {
  readonly dispose: unique symbol;
}
