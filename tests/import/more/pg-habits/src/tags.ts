/** For editors: the text as it is written. */
export const sql = String.raw;
