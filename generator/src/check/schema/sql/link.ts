import { once } from "../../../model/once.ts";
import { partsOf, quoteIdentifierIfNeeded } from "../../../sql/quoting.ts";
import type { Catalog, CatalogObject, ObjectOf } from "../catalog.ts";
import { childrenOf, familyOf, likeAbove, referringTo } from "./families.ts";
import { behind } from "./graph.ts";
import { identityOf, routineName, typeOf } from "./names.ts";
import { isPassive } from "./remake.ts";
import type { Action, Actions } from "./steps.ts";

/** Says of each pair of steps which must come first. */
export function link(actions: Actions): void {
  const { base, head } = actions;
  const first = (before: Action | undefined, after: Action | undefined): void => {
    if (before !== undefined && after !== undefined && before !== after) before.before.add(after);
  };

  // A view's column is made and goes with its view, be it that another kind of view has one of its name.
  const madeWith = (key: string): Action | undefined =>
    actions.createOf(key) ?? actions.createOf(viewOf(head, key));
  const goneWith = (key: string): Action | undefined =>
    actions.dropOf(key) ?? actions.dropOf(viewOf(base, key));

  // What is needed is there, as it shall be, before what needs it.
  for (const key of new Set([...actions.created, ...actions.altered])) {
    const own = [actions.createOf(key), ...(actions.createOf(key) ? [] : actions.altersOf(key))];
    for (const needed of head.needs.get(key) ?? []) {
      // A view's new column comes with the view's change; a type's attributes do not wait for one another.
      const isOwnType = key.startsWith("attribute:") && head.objects.get(key)!.parent === needed;
      const changes =
        isOwnType || isRetypedWith(head.objects.get(key)!, needed, actions)
          ? []
          : [...actions.altersOf(needed), ...actions.altersOf(viewOf(head, needed))];
      for (const before of [madeWith(needed), ...changes]) {
        for (const after of own) first(before, after);
      }
    }
  }
  for (const key of actions.dropped) {
    const drop = actions.dropOf(key);
    // A name is free before it is taken again.
    first(drop, actions.createOf(key));
    for (const needed of base.needs.get(key) ?? []) {
      // What uses something goes before that does, or changes.
      first(drop, goneWith(needed));
      // A column changes as it likes, whatever sequence it owns.
      if (key.startsWith("sequence owner:") || isRetypedWith(base.objects.get(key)!, needed, actions))
        continue;
      for (const alter of actions.altersOf(needed)) if (!isAddition(actions, alter)) first(drop, alter);
    }
  }
  for (const key of actions.altered) {
    // A change lets go of what then can be dropped, or changed in its turn.
    for (const needed of base.needs.get(key) ?? []) {
      for (const alter of actions.altersOf(key)) {
        first(alter, actions.dropOf(needed));
        if (head.needs.get(key)?.has(needed)) continue;
        // It takes another type of those that are replaced together, in the step that replaces them.
        if (actions.altersOf(needed).some((other) => actions.altersOf(key).includes(other))) continue;
        for (const other of actions.altersOf(needed)) if (!isAddition(actions, other)) first(alter, other);
      }
    }
  }
  freeNames(actions, first);
  keepFamilies(actions, first);
  keepTyped(actions, first);
  keepReferencesLogged(actions, first);
  makeFunctionsFirst(actions, first);
  callOverloadsLate(actions, first);
}

/** The key of the view that a column belongs to; empty for anything else. */
function viewOf({ objects }: Catalog, key: string): string {
  const object = objects.get(key);
  return object !== undefined && isPassive(object) ? (object.parent ?? "") : "";
}

/** A table fits its parent before it joins it, and has left it before either changes. */
function keepFamilies(
  actions: Actions,
  first: (before: Action | undefined, after: Action | undefined) => void,
): void {
  const columnsOf = (catalog: Catalog, facet: string): string[] => {
    const tables = new Set([...catalog.needs.get(facet)!].filter((key) => key.startsWith("table:")));
    return [...catalog.objects.values()].flatMap(({ kind, parent, key }) =>
      kind === "column" && tables.has(parent!) ? [key] : [],
    );
  };
  for (const key of actions.created) {
    const { kind } = actions.head.objects.get(key)!;
    const joins = actions.createOf(key);
    if (kind !== "partition" && kind !== "inheritance") continue;
    for (const column of columnsOf(actions.head, key)) {
      for (const before of [actions.createOf(column), ...actions.altersOf(column)]) first(before, joins);
    }
  }
  // What is like an index of the parent's is no part of that where it comes later.
  for (const key of actions.created) {
    const own = actions.head.objects.get(key)!;
    if (own.kind !== "index" && own.kind !== "constraint") continue;
    const above = likeAbove(own, actions.head);
    const joins = actions.createOf(`partition:${own.parent}`);
    if (above.length === 0 || joins === actions.createOf(own.parent!)) continue;
    for (const before of [joins, ...above.map((one) => actions.createOf(one))])
      first(before, actions.createOf(key));
    first(actions.dropOf(key), joins);
  }
  // A child lets go of a column by itself when its parent no longer gives it.
  for (const key of actions.dropped) {
    const column = actions.base.objects.get(key)!;
    if (column.kind !== "column" || !column.inherited || actions.dropOf(key)!.object !== column) continue;
    for (const tie of familyOf(actions.base, column.parent!))
      for (const parent of actions.base.needs.get(tie)!)
        if (parent !== column.parent && parent.startsWith("table:"))
          first(actions.dropOf(`column:${identityOf(parent)}.${column.name}`), actions.dropOf(key));
  }
  // What its children have of a table that goes, goes before they leave it.
  for (const key of actions.dropped) {
    const object = actions.base.objects.get(key)!;
    const { kind, parent } = object;
    const isAlone = actions.dropOf(key)!.object === object;
    if (isAlone && (kind === "index" || kind === "constraint") && actions.dropOf(parent!) !== undefined)
      for (const child of childrenOf(parent!, actions.base))
        for (const tie of familyOf(actions.base, child))
          if (actions.base.needs.get(tie)!.has(parent!)) first(actions.dropOf(key), actions.dropOf(tie));
  }
  for (const action of actions.all) {
    const { kind, key } = action.object;
    if (action.verb !== "drop" || (kind !== "partition" && kind !== "inheritance")) continue;
    for (const column of columnsOf(actions.base, key)) {
      for (const after of [actions.dropOf(column), ...actions.altersOf(column)]) first(action, after);
    }
    // Whose rows are referred to is looked at for the references that are there.
    if (action.object.kind === "partition")
      for (const reference of referringTo(action.object, actions.base))
        first(actions.dropOf(reference.key), action);
  }
}

/** Tells whether it is a column of a table that becomes one of a type, or of none: when that is done beside it, `keepTyped` says. */
const isRetypedWith = ({ kind, parent }: CatalogObject, table: string, { base, head }: Actions): boolean =>
  kind === "column" && parent === table && typeOf(table, base) !== typeOf(table, head);

/** A table fits a type before it is one of it, and is none before either changes. */
function keepTyped(
  actions: Actions,
  first: (before: Action | undefined, after: Action | undefined) => void,
): void {
  const { base, head } = actions;
  for (const key of actions.altered) {
    const next = typeOf(key, head);
    if (typeOf(key, base) === next) continue;
    const columns = [...base.objects.values(), ...head.objects.values()].filter(
      ({ kind, parent }) => kind === "column" && parent === key,
    );
    for (const table of actions.altersOf(key))
      for (const { key: column } of columns)
        for (const change of [actions.dropOf(column), actions.createOf(column), ...actions.altersOf(column)])
          if (next === null) first(table, change);
          else first(change, table);
  }
}

/** Has functions made before what runs one as it is made: no catalog tells which others a body in quotes calls. */
function makeFunctionsFirst(
  actions: Actions,
  first: (before: Action | undefined, after: Action | undefined) => void,
): void {
  const { base, head } = actions;
  const runs = [...actions.created].flatMap((key) => {
    // What fills rows that are there.
    const isFilling = /^(?:column|default):/.test(key) && base.objects.has(tableOf(key, head));
    const isRun =
      key.startsWith("materialized view:") ||
      ((isFilling || /^(?:index|constraint|domain constraint):/.test(key)) && evaluatesRoutine(key, head));
    return isRun ? (actions.createOf(key) ?? []) : [];
  });
  const functions = [...new Set([...actions.created, ...actions.altered])].filter((key) =>
    key.startsWith("function:"),
  );
  for (const run of runs) {
    // What has been put in front of others may come behind this one by now.
    const later = behind([run]);
    for (const key of functions)
      for (const made of [actions.createOf(key), ...actions.altersOf(key)])
        if (made !== undefined && !later.has(made)) first(made, run);
  }
}

/** Tells whether to evaluate something may call a routine: by itself, by an operator, or by a CHECK of a domain that its values are of. */
function evaluatesRoutine(key: string, { needs, objects }: Catalog): boolean {
  const checks = [...objects.values()].filter(({ kind }) => kind === "domain constraint");
  const seen = new Set<string>();
  const visit = (each: string): boolean => {
    if (each.startsWith("function:")) return true;
    if (seen.has(each)) return false;
    seen.add(each);
    // What a table is made of is not evaluated with it.
    if (each !== key && /^(?:table|view|materialized view|schema):/.test(each)) return false;
    const own = checks.filter(({ parent }) => parent === each).map((check) => check.key);
    return [...(needs.get(each) ?? []), ...own].some(visit);
  };
  return visit(key);
}

/** Has what calls a routine made when the routines of its name that go have gone: until then the same words may call one of those. */
function callOverloadsLate(
  actions: Actions,
  first: (before: Action | undefined, after: Action | undefined) => void,
): void {
  const { base, head } = actions;
  const going = new Map<string, (Action | undefined)[]>();
  for (const key of actions.dropped) {
    const name = routineName(base.objects.get(key)!);
    if (name !== null && !head.objects.has(key)) once(going, name, () => []).push(actions.dropOf(key));
  }
  if (going.size === 0) return;
  for (const key of new Set([...actions.created, ...actions.altered]))
    for (const needed of head.needs.get(key) ?? []) {
      const name = actions.createOf(needed) && routineName(head.objects.get(needed)!);
      for (const drop of (name && going.get(name)) || [])
        for (const own of [actions.createOf(key), ...actions.altersOf(key)]) first(drop, own);
    }
}

/** A table that is logged may not refer to one that is not, at no time. */
function keepReferencesLogged(
  actions: Actions,
  first: (before: Action | undefined, after: Action | undefined) => void,
): void {
  const { base, head } = actions;
  for (const { kind, parent, key } of base.objects.values()) {
    const from = kind === "constraint" ? head.objects.get(parent!) : undefined;
    if (from?.kind !== "table" || actions.dropOf(key) !== undefined) continue;
    for (const needed of base.needs.get(key)!) {
      const table = base.objects.get(needed)?.parent ?? "";
      if (table === parent) continue;
      for (const referring of actions.altersOf(parent!)) {
        for (const referred of actions.altersOf(table)) {
          if (from.properties.unlogged) first(referring, referred);
          else first(referred, referring);
        }
      }
    }
  }
}

/** The key of the table that a column or its default is of. */
function tableOf(key: string, { objects }: Catalog): string {
  const { kind, parent } = objects.get(key)!;
  return kind === "default" ? objects.get(parent!)!.parent! : parent!;
}

/** New labels of an enum disturb nobody, and come before all else. */
function isAddition({ remade }: Actions, { object }: Action): boolean {
  return object.kind === "enum" && !remade.replaced.has(object.key);
}

/** The names that an object takes from others: relations share one space, types another. */
function slots(object: CatalogObject): string[] {
  const qualified = object.schema === null ? object.name : `${object.schema}.${object.name}`;
  switch (object.kind) {
    case "table":
    case "view":
    case "materialized view":
    case "composite type":
      return [`relation ${qualified}`, `type ${qualified}`];
    case "sequence":
    case "index":
      return [`relation ${qualified}`];
    case "constraint":
      return [`relation ${qualified}`, `constraint ${object.identity}`];
    case "enum":
    case "domain":
    case "range type":
      return [`type ${qualified}`];
    case "collation":
      return [`collation ${qualified}`];
    case "function":
    case "procedure":
    case "aggregate":
      return [`routine ${object.identity}`];
    default:
      return [];
  }
}

/** The name that the sequence of an identity has where nobody gave it another. */
function identitySequence({ schema, parent, name }: ObjectOf<"column">): string {
  const table = partsOf(identityOf(parent!)).at(-1);
  return `${schema}.${quoteIdentifierIfNeeded(`${table}_${partsOf(name).at(-1)}_seq`)}`;
}

function freeNames(
  actions: Actions,
  first: (before: Action | undefined, after: Action | undefined) => void,
): void {
  const freed = new Map<string, Action>();
  for (const key of actions.dropped) {
    for (const slot of slots(actions.base.objects.get(key)!)) freed.set(slot, actions.dropOf(key)!);
  }
  for (const key of actions.altered) {
    const [from, to] = [actions.base.objects.get(key), actions.head.objects.get(key)];
    if (from?.kind !== "column" || from.properties.identity === null) continue;
    if (to?.kind === "column" && to.properties.identity === null)
      for (const action of actions.altersOf(key)) freed.set(`relation ${identitySequence(from)}`, action);
  }
  if (freed.size === 0) return;
  for (const key of actions.created) {
    for (const slot of slots(actions.head.objects.get(key)!)) first(freed.get(slot), actions.createOf(key));
  }
}
