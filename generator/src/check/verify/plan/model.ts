import type { Query } from "../../../model/query.ts";
import type { Difference } from "../difference.ts";
import type { VerifyFinding } from "../findings.ts";
import type { CrossedSides, SideOf } from "../trial/both.ts";
import type { State } from "./proofs.ts";
import type { Unplaced } from "./unplaced.ts";
import type { Make } from "./versions.ts";

/** The versions of the application that a roll-out goes through. */
export type Version = "deployed" | "both" | "new";

export interface PlanStep {
  readonly kind: "expand" | "backfill" | "deploy" | "contract";
  readonly title: string;
  /** What is run on the database; empty where a version is deployed. */
  readonly sql: string;
  /** The version that is deployed, or null. */
  readonly version: Version | null;
  /** Of the version in between, those queries that are not the new version's. */
  readonly queries: readonly PlanQuery[];
  /** What no trial shows and whoever does the step has to know; null where there is no such thing. */
  readonly caution: string | null;
  /** What became of each version's queries on the schema that the step leaves. */
  readonly proof: readonly PlanProof[];
}

export interface PlanQuery {
  readonly name: string;
  readonly make: Make;
  readonly sql: string;
}

export interface PlanProof {
  readonly version: Version;
  /** Whether it runs while the step is done; the others are told to show why they do not. */
  readonly runs: boolean;
  readonly queries: number;
  readonly broken: readonly { readonly query: string; readonly message: string }[];
  /** Queries that work and are to be looked at. */
  readonly toLookAt: number;
}

/** The way from the deployed version and schema to the new ones, on which nothing breaks; or why there is none. */
export type RollOutPlan =
  | {
      readonly steps: readonly PlanStep[];
      /** What the migration does to rows, and no step does: whoever rolls out has to place it. */
      readonly unplaced: readonly Unplaced[];
      readonly refused: null;
    }
  | { readonly steps: readonly []; readonly unplaced: readonly []; readonly refused: string };

export interface PlanInput {
  readonly from: SideOf;
  readonly to: SideOf;
  /** What the verdict found of both orders. */
  readonly findings: readonly VerifyFinding[];
  /** How each side's queries fared on the other's schema; absent where the verdict was known without trying. */
  readonly crossed?: CrossedSides;
  readonly role: string | null;
  /** Whether to try what a step cannot concern, too. */
  readonly all: boolean;
}

/** Where the version in between runs, and in which order things are done. */
export interface Route {
  readonly expands: boolean;
  /** Before the schema is expanded, after it, or not at all. */
  readonly both: "before" | "after" | null;
  /** Whether the new version is deployed before the schema is contracted, or after. */
  readonly newFirst: boolean;
}

/** The version in between: for each query the way in which it works on all schemas that it meets. */
export interface Both {
  readonly queries: readonly { readonly query: Query; readonly make: Make }[];
  readonly met: ReadonlyMap<State["name"], ReadonlyMap<string, readonly Difference[]>>;
}

/** The schemas on the way. */
export interface Expanded {
  readonly expanded: State;
  /** Before the rows have what is asked for in the end. */
  readonly expanding?: State;
}
