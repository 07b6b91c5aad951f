import { describeParamReason } from "../model/param-reason.ts";
import type { Param, Query } from "../model/query.ts";
import type { Imports } from "./imports.ts";
import { access, docComment, literalKey, Namer, propertyName, whyOf } from "./names.ts";
import { overrideFor } from "./overrides.ts";
import type { Constants } from "./rows.ts";
import { type Mapped, mapType, orNull, type TypeContext, withOverride } from "./types.ts";

/** The type of one parameter, overrides applied. */
export function paramType(
  context: TypeContext,
  param: Param,
  query: string,
): { mapped: Mapped; nullable: boolean; type: string } {
  const override = overrideFor(context.options.overrides, {
    type: context.catalog.types.get(param.type),
    nullable: param.nullable,
    origin: param.origin,
    query,
    name: param.name,
  });
  // An override says what a column delivers; whether NULL may be passed is the query's affair.
  const details = {
    values: param.values,
    elementsNullable: param.elementsNullable && !param.slice,
    ...(override.dimensions === undefined ? {} : { dimensions: override.dimensions }),
  };
  const mapped = withOverride(mapType(context, param.type, details), override);
  const { nullable } = param;
  // `pg` writes a number as it writes a text, and nobody counts rows in strings.
  const type = param.countsRows && mapped.type === "string" ? "number | string" : mapped.type;
  return { mapped, nullable, type: nullable ? orNull(type) : type };
}

export interface ParamsCode {
  /** The members of the Args interface; empty where there are no parameters. */
  readonly members: string;
  /** What is sent, in the order of `$1`, `$2` …; passed as the driver takes it. */
  values(): string[];
  /** The same, each as PostgreSQL's text. */
  texts(): string[];
}

/** The parameters in the order of `$1`, `$2` …, each with the property of the arguments that it is. */
export function paramProperties(
  { options: { property_case, rename } }: TypeContext,
  query: Query,
): (readonly [Param, string])[] {
  const namer = new Namer();
  return [...query.params]
    .sort((a, b) => a.number - b.number)
    .map((param) => [param, namer.take(propertyName(param.name, property_case, rename))]);
}

export function paramsCode(
  context: TypeContext,
  query: Query,
  imports: Imports,
  constants: Constants,
): ParamsCode {
  const { optional_params } = context.options;
  const members: string[] = [];
  const values: (() => string)[] = [];
  const texts: (() => string)[] = [];
  for (const [param, property] of paramProperties(context, query)) {
    const { mapped, nullable, type } = paramType(context, param, query.name);
    imports.add(mapped);
    const optional = optional_params && nullable;
    const { name, nullable: taking } = param.because;
    const why = context.options.explain_types ? [whyOf([name, taking].map(describeParamReason))] : [];
    members.push(
      `${docComment(why, "  ")}  ${literalKey(property)}${optional ? "?" : ""}: ${type}${optional ? " | undefined" : ""};\n`,
    );
    const value = access("args", property);
    const isNull = `${value} ${optional ? "==" : "==="} null`;
    const encode = (): string => {
      const encoded = `${constants.name(mapped.codec)}.encode(${value})`;
      return nullable ? `${isNull} ? null : ${encoded}` : encoded;
    };
    values.push(() => (mapped.passthrough ? (optional ? `${value} ?? null` : value) : encode()));
    texts.push(() => (mapped.codec === "codec.text" ? (optional ? `${value} ?? null` : value) : encode()));
  }
  return {
    members: members.join(""),
    values: () => values.map((v) => v()),
    texts: () => texts.map((t) => t()),
  };
}
