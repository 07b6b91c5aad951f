import {
  constantBoolean,
  constantBytes,
  constantInteger,
  constantText,
} from "../../../src/postgres/tree/constant-value.ts";
import type { Datum } from "../../../src/postgres/tree/datum.ts";
import type { Const } from "../../../src/postgres/tree/node-types.ts";

function constant(consttype: number, value: string | null): Const {
  return {
    kind: "Const",
    consttype,
    consttypmod: -1,
    constcollid: 0,
    constlen: -1,
    constbyval: false,
    constisnull: value === null,
    location: -1,
    constvalue: value as Datum | null,
  };
}

test("booleans", () => {
  expect(constantBoolean(constant(16, "1 [ 1 0 0 0 0 0 0 0 ]"))).toBe(true);
  expect(constantBoolean(constant(16, "1 [ 0 0 0 0 0 0 0 0 ]"))).toBe(false);
  expect(constantBoolean(constant(16, null))).toBeNull();
  expect(constantBoolean(constant(23, "4 [ 1 0 0 0 0 0 0 0 ]"))).toBeNull();
});

test("integers of each size, with their sign", () => {
  expect(constantInteger(constant(21, "2 [ -1 127 0 0 0 0 0 0 ]"))).toBe(32767n);
  expect(constantInteger(constant(23, "4 [ -1 -1 -1 -1 -1 -1 -1 -1 ]"))).toBe(-1n);
  expect(constantInteger(constant(23, "4 [ 44 1 0 0 0 0 0 0 ]"))).toBe(300n);
  expect(constantInteger(constant(20, "8 [ -1 -1 -1 -1 -1 -1 -1 127 ]"))).toBe(9223372036854775807n);
  expect(constantInteger(constant(26, "4 [ 0 40 107 -18 0 0 0 0 ]"))).toBe(4000000000n);
  expect(constantInteger(constant(20, null))).toBeNull();
  expect(constantInteger(constant(25, "4 [ 16 0 0 0 ]"))).toBeNull();
});

test("texts with their header, names and literals of no known type up to their end", () => {
  expect(constantText(constant(25, "6 [ 24 0 0 0 -61 -68 ]"))).toBe("ü");
  expect(constantText(constant(1042, "6 [ 24 0 0 0 97 32 ]"))).toBe("a ");
  expect(constantText(constant(25, "4 [ 16 0 0 0 ]"))).toBe("");
  expect(constantText(constant(705, "2 [ 97 0 ]"))).toBe("a");
  expect(constantText(constant(19, "8 [ 97 98 0 0 0 0 0 0 ]"))).toBe("ab");
  expect(constantText(constant(25, null))).toBeNull();
  expect(constantText(constant(23, "4 [ 1 0 0 0 0 0 0 0 ]"))).toBeNull();
});

test("bytes of what is passed by value are as many as its type has", () => {
  expect([...constantBytes(constant(21, "2 [ 1 2 0 0 0 0 0 0 ]"))!]).toEqual([1, 2]);
  expect([...constantBytes(constant(17, "0 [ ]"))!]).toEqual([]);
  expect(constantBytes(constant(17, null))).toBeNull();
});
