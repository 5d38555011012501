// Intrusive circular lists. A lone link points to itself and is an empty list;
// unlinking twice is harmless. A class that is a member of one list extends Link;
// further memberships are Link fields found back with offsetof.
@unmanaged
export class Link {
  next: Link;
  prev: Link;

  /** Makes this a lone link (an empty list). Needed once before any other use. */
  @inline reset(): void {
    this.next = this;
    this.prev = this;
  }

  @inline get empty(): bool {
    return this.next === this;
  }

  /** Puts this link at the end of `list`. It must be on no list. */
  @inline append(list: Link): void {
    const last = list.prev;
    this.prev = last;
    this.next = list;
    last.next = this;
    list.prev = this;
  }

  /** Puts this link at the front of `list`. It must be on no list. */
  @inline prepend(list: Link): void {
    const first = list.next;
    this.next = first;
    this.prev = list;
    first.prev = this;
    list.next = this;
  }

  @inline unlink(): void {
    const next = this.next;
    const prev = this.prev;
    prev.next = next;
    next.prev = prev;
    this.next = this;
    this.prev = this;
  }
}

/** The link at `offset` bytes inside the object at `object`. */
// @ts-ignore: decorator
@inline
export function linkAt(object: usize, offset: usize): Link {
  return changetype<Link>(object + offset);
}

/** The object whose link at `offset` bytes is `link`. */
// @ts-ignore: decorator
@inline
export function ownerOf<T>(link: Link, offset: usize): T {
  return changetype<T>(changetype<usize>(link) - offset);
}
