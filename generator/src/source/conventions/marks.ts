/** What stands around a name in the files of a migration tool. */
export type Marks = readonly [open: string, close: string];

export const MARKS: Marks = ["${", "}"];
