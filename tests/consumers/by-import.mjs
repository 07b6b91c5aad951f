import * as runtime from "@solitude/runtime";
import exercise from "./exercise.cjs";

await exercise(runtime);
