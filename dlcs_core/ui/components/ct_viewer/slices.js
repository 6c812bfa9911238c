// Slices of one study in the browser: asked for a few at a time, nearest to the one shown first.

const AT_ONCE = 8;
const MOST_BYTES = 384 * 1024 * 1024;
const PATIENCE_MS = 5000;
const RETRY_MS = 400;

export class SliceStore {
  constructor(study) {
    [this.n, this.rows, this.columns] = study.size;
    this.images = new Map();
    this.unreadable = new Set();
    this.asked = null;
    this.number = 0;
    this.center = 0;
    this.direction = 1;
    this.most = Math.max(16, Math.floor(MOST_BYTES / (2 * this.rows * this.columns)));
    this.send = null;
    this.arrived = null;
  }

  get(slice) {
    return this.images.get(slice);
  }

  /** The next slices to ask for, outward from the one shown, first in the way of scrolling. */
  missing(limit) {
    const found = [];
    const reach = Math.min(this.n, Math.floor(this.most / 2));
    for (let d = 0; d < reach && found.length < limit; d += 1) {
      for (const slice of d ? [this.center + d * this.direction, this.center - d * this.direction] : [this.center]) {
        if (slice < 0 || slice >= this.n || found.length >= limit) continue;
        if (!this.images.has(slice) && !this.unreadable.has(slice)) found.push(slice);
      }
    }
    return found;
  }

  /** Say which slice is shown; asks for what is missing around it. */
  show(slice) {
    if (slice !== this.center) this.direction = slice > this.center ? 1 : -1;
    this.center = slice;
    this.ask();
  }

  ask() {
    if (!this.send) return;
    const now = performance.now();
    if (this.asked && now - this.asked.at < PATIENCE_MS) return;
    // The first answer after a jump must come soon: few slices, then more at once.
    const slices = this.missing(this.images.has(this.center) ? AT_ONCE : 3);
    if (!slices.length) {
      this.asked = null;
      return;
    }
    this.number += 1;
    this.asked = { number: this.number, at: now };
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), PATIENCE_MS + 10);
    this.send({ number: this.number, slices });
  }

  /** Take what a packet brought. */
  async receive(packet) {
    const { header } = packet;
    await Promise.all(header.slices.map(async (entry) => {
      if (entry.unreadable) this.unreadable.add(entry.index);
      else this.images.set(entry.index, new Int16Array(await inflate(packet.part(entry))));
    }));
    this.#forget();
    if (this.asked && header.answered === this.asked.number) {
      this.asked = null;
    } else if (this.asked && performance.now() - this.asked.at > RETRY_MS) {
      // Another run of the page overtook the request.
      this.asked = null;
    }
    if (header.slices.length) this.arrived?.(header.slices.map((entry) => entry.index));
    this.ask();
  }

  /** Let go of the slices farthest away when there are too many. */
  #forget() {
    if (this.images.size <= this.most) return;
    const far = [...this.images.keys()].sort((a, b) => Math.abs(b - this.center) - Math.abs(a - this.center));
    for (const slice of far.slice(0, this.images.size - this.most)) this.images.delete(slice);
  }
}

/** A packet: length of the header, header in JSON, parts. */
export function readPacket(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
  const start = 4 + length;
  return { header, part: (entry) => bytes.subarray(start + entry.offset, start + entry.offset + entry.length) };
}

/** Undo zlib. */
export async function inflate(part) {
  const stream = new Blob([part]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).arrayBuffer();
}
