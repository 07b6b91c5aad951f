declare const printed: unique symbol;

/** A constant's bytes as PostgreSQL prints them: `4 [ 1 0 0 0 0 0 0 0 ]`. */
export type Datum = string & { readonly [printed]: true };
