/** Reads `map/reach.bin`, a row a request. docs/reach-format.md describes the file. */

import { Told } from "./facts";

const MAGIC = "QWREACH1";
const HEADER_BYTES = 32;

/** Bytes `from` to `to` (exclusive) of a file. */
export type ReadRange = (from: number, to: number) => Promise<Uint8Array>;

export interface Reached {
  /** Position of the block reached: see `ReachIndex`. */
  block: number;
  lowStress: boolean;
  /** Least metres over calm streets alone. */
  low_m: number | null;
  /** Least metres over all streets. */
  high_m: number | null;
}

export interface Counted {
  low: number | null;
  high: number | null;
}

export interface Row {
  /** Per category: what is reached calmly, and at all. */
  counts: Map<string, Counted>;
  pairs: Reached[];
}

/** Blocks in the order of their ids; a position in it is what rows name. */
export interface ReachIndex {
  columns: string[];
  ids: string[];
  /** Feature ids in the tiles. */
  gids: number[];
  /** Where rows start in the file; one more than blocks. */
  starts: number[];
  positionOf: Map<number, number>;
}

export class ReachFile {
  private known: Promise<ReachIndex> | undefined;

  constructor(private readonly read: ReadRange) {}

  index(): Promise<ReachIndex> {
    this.known ??= this.readIndex();
    // A failure of the network is not remembered: the next click tries again.
    this.known.catch(() => (this.known = undefined));
    return this.known;
  }

  /** What a block reaches; null for one outside the boundary, which is nobody's start. */
  async row(gid: number): Promise<Row | null> {
    const index = await this.index();
    const position = index.positionOf.get(gid);
    if (position === undefined) return null;
    const [from = 0, to = 0] = index.starts.slice(position, position + 2);
    if (from === to) return null;
    return decodeRow(await this.read(from, to), index.columns);
  }

  private async readIndex(): Promise<ReachIndex> {
    const header = await this.read(0, HEADER_BYTES);
    const { blocks, columnBytes, from, length } = decodeHeader(header);
    return decodeIndex(await this.read(from, from + length), blocks, columnBytes);
  }
}

/** A server that does not know ranges sends everything: it is kept, not asked again. */
export function overHttp(url: string): ReadRange {
  let whole: Uint8Array | undefined;
  return async (from, to) => {
    if (whole) return whole.subarray(from, to);
    const answer = await fetch(url, { headers: { Range: `bytes=${from}-${to - 1}` } });
    if (!answer.ok) throw new Told(`${url} cannot be read (${answer.status}).`);
    const bytes = new Uint8Array(await answer.arrayBuffer());
    if (answer.status === 206) return bytes;
    whole = bytes;
    return whole.subarray(from, to);
  };
}

interface Header {
  blocks: number;
  columnBytes: number;
  from: number;
  length: number;
}

export function decodeHeader(bytes: Uint8Array): Header {
  const magic = new TextDecoder().decode(bytes.subarray(0, 8));
  if (magic !== MAGIC || bytes.length < HEADER_BYTES) throw new Told("map/reach.bin is not a reach file.");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return {
    blocks: view.getUint32(8, true),
    columnBytes: view.getUint32(12, true),
    from: Number(view.getBigUint64(16, true)),
    length: Number(view.getBigUint64(24, true)),
  };
}

export function decodeIndex(bytes: Uint8Array, blocks: number, columnBytes: number): ReachIndex {
  const text = new TextDecoder();
  const columns = JSON.parse(text.decode(bytes.subarray(0, columnBytes))) as string[];
  const cursor = new Cursor(bytes, columnBytes);
  const index: ReachIndex = { columns, ids: [], gids: [], starts: [HEADER_BYTES], positionOf: new Map() };
  let id = new Uint8Array(0);
  let [gid, start] = [0, HEADER_BYTES];
  for (let position = 0; position < blocks; position++) {
    const shared = cursor.varint();
    const rest = cursor.take(cursor.varint());
    const next = new Uint8Array(shared + rest.length);
    next.set(id.subarray(0, shared));
    next.set(rest, shared);
    id = next;
    gid += cursor.signed();
    start += cursor.varint();
    index.ids.push(text.decode(id));
    index.gids.push(gid);
    index.starts.push(start);
    index.positionOf.set(gid, position);
  }
  return index;
}

export function decodeRow(bytes: Uint8Array, columns: string[]): Row {
  const cursor = new Cursor(bytes, 0);
  const counts = new Map<string, Counted>();
  for (const column of columns) counts.set(column, { low: cursor.optional(), high: cursor.optional() });
  const pairs: Reached[] = [];
  let block = 0;
  for (let left = cursor.varint(); left > 0; left--) {
    const packed = cursor.varint();
    block += Math.floor(packed / 4);
    const high_m = cursor.optional();
    const low_m = packed % 2 === 1 ? (high_m ?? 0) + cursor.signed() : null;
    pairs.push({ block, lowStress: Math.floor(packed / 2) % 2 === 1, low_m, high_m });
  }
  return { counts, pairs };
}

/** LEB128 numbers, one after the other. Arithmetic instead of bits: bits of JavaScript end at 32. */
class Cursor {
  constructor(
    private readonly bytes: Uint8Array,
    private at: number,
  ) {}

  varint(): number {
    let value = 0;
    for (let unit = 1; ; unit *= 128) {
      const byte = this.bytes[this.at++];
      if (byte === undefined) throw new Told("map/reach.bin ends too early: export it again.");
      value += (byte % 128) * unit;
      if (byte < 128) return value;
    }
  }

  /** 0, -1, 1, -2 … as 0, 1, 2, 3 … */
  signed(): number {
    const value = this.varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  /** One more than the value; 0 for none. */
  optional(): number | null {
    const value = this.varint();
    return value === 0 ? null : value - 1;
  }

  take(count: number): Uint8Array {
    this.at += count;
    return this.bytes.subarray(this.at - count, this.at);
  }
}
