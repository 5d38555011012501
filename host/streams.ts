// A process's standard streams as web streams.
import type { Machine } from "./machine.ts";

const RETRY_MS = 1;
const EPIPE = 32;

/** What a guest writes, as a stream; what nobody reads is kept. */
export class GuestOutput {
  readonly readable: ReadableStream<Uint8Array>;
  private controller!: ReadableStreamDefaultController<Uint8Array>;
  private ended = false;
  private cancelled = false;

  constructor() {
    this.readable = new ReadableStream({
      start: (controller) => void (this.controller = controller),
      cancel: () => void (this.cancelled = true),
    });
  }

  /** The guest's write: bytes taken, or −EPIPE when the reader has gone. */
  write(bytes: Uint8Array): number {
    if (this.cancelled) return -EPIPE;
    if (!this.ended) this.controller.enqueue(bytes.slice());
    return bytes.length;
  }

  end(): void {
    if (this.ended || this.cancelled) return;
    this.ended = true;
    this.controller.close();
  }
}

/** A guest's input: what is written waits until the guest takes it; closing it is the end of input. */
export function guestInput(machine: Machine, stream: number): WritableStream<Uint8Array> {
  return new WritableStream({
    async write(bytes) {
      for (let done = 0; done < bytes.length; ) {
        done += machine.pushInput(stream, bytes.subarray(done));
        if (done < bytes.length) await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    },
    close: () => machine.endInput(stream),
    abort: () => machine.endInput(stream),
  });
}
