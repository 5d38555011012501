import { FRAME_KERNEL, FRAME_KIND_MASK, FRAME_USER, PAGE_SIZE, frameInfo, framesAlloc, framesFree, framesInit, framesUsed } from "../../assembly/mm/frames";
import { kfree, kmallocInit, kmallocLive, kzalloc } from "../../assembly/mm/kmalloc";
import { Link, linkAt, ownerOf } from "../../assembly/lib/list";
import { random64, randomFill, randomSeed } from "../../assembly/lib/random";

const ROOM: u32 = 512; // Wasm pages that the frames may use: the test's own heap lies beyond them

function prepare(): void {
  const base = <u32>memory.size() << 16;
  memory.grow(ROOM);
  framesInit((base >> 12) + (ROOM << 4), base);
  kmallocInit();
}

let next: u32 = 1;
function some(n: u32): u32 {
  next = next * 1664525 + 1013904223;
  return (next >> 8) % n;
}

// @ts-ignore: decorator
@unmanaged
class Node extends Link {
  value: i32;
  second: Link;
}

const nodes = memory.data(1024, 8);
const SECOND = offsetof<Node>("second");

function node(i: i32): Node {
  const at = nodes + 64 + 40 * i;
  const n = changetype<Node>(at);
  n.reset();
  n.value = i;
  return n;
}

function sumOf(list: Link): i32 {
  let sum = 0;
  for (let l = list.next; l !== list; l = l.next) sum = sum * 10 + changetype<Node>(changetype<usize>(l)).value;
  return sum;
}

describe("intrusive lists", () => {
  it("keep their order at both ends", () => {
    const list = changetype<Link>(nodes);
    list.reset();
    expect(list.empty).toBe(true);
    node(1).append(list);
    node(2).append(list);
    node(3).prepend(list);
    expect(sumOf(list)).toBe(312);
    expect(list.empty).toBe(false);
  });
  it("let go of a member, twice without harm", () => {
    const list = changetype<Link>(nodes);
    list.reset();
    const a = node(1);
    const b = node(2);
    a.append(list);
    b.append(list);
    a.unlink();
    a.unlink();
    expect(sumOf(list)).toBe(2);
    b.unlink();
    expect(list.empty).toBe(true);
    a.append(list);
    expect(sumOf(list)).toBe(1);
  });
  it("find the owner of a second membership", () => {
    const n = node(7);
    const link = linkAt(changetype<usize>(n), SECOND);
    expect(ownerOf<Node>(link, SECOND).value).toBe(7);
  });
});

describe("the random generator", () => {
  it("gives the same for the same seed, and something else for another", () => {
    randomSeed(5);
    const a = random64();
    const b = random64();
    randomSeed(5);
    expect(random64()).toBe(a);
    expect(random64()).toBe(b);
    randomSeed(6);
    expect(random64()).not.toBe(a);
  });
  it("fills exactly what it is given", () => {
    memory.fill(nodes, 0, 64);
    randomSeed(1);
    randomFill(nodes + 8, 13);
    expect(load<u64>(nodes)).toBe(0);
    expect(load<u64>(nodes + 8)).not.toBe(0);
    expect(load<u8>(nodes + 21)).toBe(0);
  });
});

describe("frames", () => {
  it("are aligned to their order, apart, and all come back", () => {
    prepare();
    const before = framesUsed();
    const got = new StaticArray<usize>(200);
    const orders = new StaticArray<u32>(200);
    for (let round = 0; round < 20; round++) {
      for (let i = 0; i < 200; i++) {
        if (got[i]) {
          if (some(2)) continue;
          framesFree(got[i], orders[i]);
          got[i] = 0;
        } else {
          const order = some(4);
          const at = framesAlloc(order, FRAME_KERNEL);
          assert(at != 0, "memory is left");
          assert((at & (<usize>(PAGE_SIZE << order) - 1)) == 0, "aligned");
          for (let p: usize = 0; p < 1 << order; p++) store<u64>(at + (p << 12), at);
          got[i] = at;
          orders[i] = order;
        }
      }
      for (let i = 0; i < 200; i++) {
        if (!got[i]) continue;
        for (let p: usize = 0; p < 1 << orders[i]; p++) assert(load<u64>(got[i] + (p << 12)) == got[i], "nobody else wrote here");
      }
    }
    for (let i = 0; i < 200; i++) if (got[i]) framesFree(got[i], orders[i]);
    expect(framesUsed()).toBe(before);
  });
  it("know their kind", () => {
    prepare();
    const at = framesAlloc(0, FRAME_USER);
    expect(frameInfo(at).flags & FRAME_KIND_MASK).toBe(FRAME_USER);
    framesFree(at, 0);
    expect(frameInfo(at).flags & FRAME_KIND_MASK).toBe(0);
  });
  it("end in 0 when there are none", () => {
    prepare();
    let count = 0;
    while (framesAlloc(0, FRAME_USER)) count++;
    expect(count).toBeGreaterThan(7000);
    expect(framesAlloc(3, FRAME_USER)).toBe(0);
  });
});

describe("kernel memory", () => {
  it("is zeroed, aligned and never given twice", () => {
    prepare();
    const live = kmallocLive();
    const got = new StaticArray<usize>(300);
    const sizes = new StaticArray<u32>(300);
    for (let round = 0; round < 30; round++) {
      for (let i = 0; i < 300; i++) {
        if (got[i]) {
          if (some(3)) continue;
          assert(load<u32>(got[i]) == <u32>i && load<u8>(got[i] + sizes[i] - 1) == <u8>i, "kept its contents");
          kfree(got[i]);
          got[i] = 0;
          continue;
        }
        const size = some(20) ? 16 + some(2000) : 2049 + some(9000);
        const p = kzalloc(size);
        assert(p != 0 && (p & 15) == 0, "aligned");
        assert(load<u32>(p) == 0 && load<u8>(p + size - 1) == 0, "zeroed");
        store<u8>(p + size - 1, <u8>i);
        store<u32>(p, i);
        got[i] = p;
        sizes[i] = size;
      }
    }
    for (let i = 0; i < 300; i++) if (got[i]) kfree(got[i]);
    expect(kmallocLive()).toBe(live);
  });
});
