// as-pect: the specs are compiled with the sources that they import. The memory is made here, because the
// command line's own options for it do not work in 8.1.
export default {
  entries: ["tests/as/*.spec.ts"],
  include: [],
  disclude: [/node_modules/],
  async instantiate(_memory, createImports, instantiate, binary) {
    const memory = new WebAssembly.Memory({ initial: 64, maximum: 16384 });
    // What the specs reach asks nothing of the host.
    const host = new Proxy({}, { get: () => () => 0, has: () => true });
    return instantiate(binary, createImports({ env: { memory }, host }));
  },
  outputBinary: false,
};
