import { Oracle } from "./oracle.mjs";

test("tells what the calls said from what is there", () => {
  const oracle = new Oracle();
  oracle.acknowledge(["kept", "lost", "twice"]);
  oracle.refuse(["refused", "undone"]);
  oracle.doubt(["perhaps"]);
  oracle.doubt(["a", "b"], true);
  oracle.doubt(["c", "d"], true);
  oracle.doubt(["e", "f"], true);
  const there = ["kept", "undone", "a", "c", "d"].map((key): [string, number] => [key, 1]);
  expect(oracle.compare(new Map([...there, ["twice", 2]]))).toEqual({
    lost: 1,
    doubled: 1,
    undone: 1,
    torn: 1,
  });
  expect([oracle.writes, oracle.doubts]).toEqual([3, 7]);
});
