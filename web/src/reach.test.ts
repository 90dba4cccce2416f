import { expect, test } from "vitest";
import { ReachFile, decodeHeader, decodeRow } from "./reach";

// The bytes of analysis/src/webmap/tests.rs: three blocks, the last outside the boundary.
const rowOfB1 = [0, 1, 0];
const rowOfB2 = [2, 131, 1, 3, 1, 201, 1, 200, 1, 7, 1, 0, 4, 249, 20];
const text = (value: string): number[] => [...new TextEncoder().encode(value)];
const index = [
  ...text('["pop"]'),
  ...[0, 2, ...text("b1"), 216, 4, 3],
  ...[1, 1, ...text("2"), 201, 4, 15],
  ...[0, 1, ...text("c"), 9, 0],
];
const header = [
  ...text("QWREACH1"),
  3,
  0,
  0,
  0,
  7,
  0,
  0,
  0,
  50,
  0,
  0,
  0,
  0,
  0,
  0,
  0,
  25,
  0,
  0,
  0,
  0,
  0,
  0,
  0,
];
const bytes = new Uint8Array([...header, ...rowOfB1, ...rowOfB2, ...index]);

function file(): { reach: ReachFile; asked: [number, number][] } {
  const asked: [number, number][] = [];
  const reach = new ReachFile((from, to) => {
    asked.push([from, to]);
    return Promise.resolve(bytes.subarray(from, to));
  });
  return { reach, asked };
}

test("rows are read by ranges, the index once", async () => {
  const { reach, asked } = file();
  const row = await reach.row(7);
  expect(row?.counts).toEqual(new Map([["pop", { low: 1, high: 130 }]]));
  expect(row?.pairs).toEqual([
    { block: 0, lowStress: false, low_m: 300, high_m: 200 },
    { block: 1, lowStress: true, low_m: 0, high_m: 0 },
    { block: 2, lowStress: false, low_m: null, high_m: 2680 },
  ]);
  expect((await reach.row(300))?.counts.get("pop")).toEqual({ low: null, high: 0 });
  expect(asked).toEqual([
    [0, 32],
    [50, 75],
    [35, 50],
    [32, 35],
  ]);
});

test("blocks outside the boundary and unknown ones have no row", async () => {
  const { reach } = file();
  expect(await reach.row(2)).toBeNull();
  expect(await reach.row(99)).toBeNull();
  expect((await reach.index()).ids).toEqual(["b1", "b2", "c"]);
});

test("a failed request is not remembered", async () => {
  let broken = true;
  const reach = new ReachFile((from, to) =>
    broken ? Promise.reject(new Error("offline")) : Promise.resolve(bytes.subarray(from, to)),
  );
  await expect(reach.row(7)).rejects.toThrow("offline");
  broken = false;
  expect((await reach.row(7))?.pairs.length).toBe(3);
});

test("what is not a reach file is said", () => {
  expect(() => decodeHeader(new Uint8Array(32))).toThrow("not a reach file");
  expect(() => decodeRow(new Uint8Array([1, 1, 200]), ["pop"])).toThrow("ends too early");
});
