import type { Diagnostic } from "../../model/diagnostic.ts";
import { DiagnosticError } from "../../model/diagnostic.ts";
import { asLine, GitError, git, gitLine, gitSaying } from "./git.ts";

export interface Commit {
  /** The full hash. */
  readonly hash: string;
  /** How to name it to people: `main (1a2b3c4d)`. */
  readonly label: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The commit that a revision names in git's own syntax, or null where it names none. `main...` is the merge base of
 * `main` and HEAD, as in `git diff main...`.
 * @throws DiagnosticError where it names something else, or several
 */
export async function findCommit(cwd: string, revision: string): Promise<Commit | null> {
  // What looks like an option is no revision, and must not become one of git's.
  if (revision.startsWith("-")) return null;
  const named = await commitNamed(cwd, revision);
  if (named !== null) return (await whereBranched(cwd, revision, named)) ?? commit(named, revision);
  const [, tip] = /^(.+?)\.\.\.(?:HEAD|@)?$/.exec(revision) ?? [];
  const tipNamed = tip === undefined ? null : await commitNamed(cwd, tip);
  if (tip === undefined || tipNamed === null) {
    if (await namesSeveral(cwd, revision)) throw several(revision);
    return null;
  }
  const base = await mergeBase(cwd, tipNamed);
  const name = tip.replace(/^refs\/(?:heads|remotes)\//, "");
  if (base === null) throw new DiagnosticError([await noMergeBase(cwd, name)]);
  const { hash, label } = commit(base.hash, `the merge base with ${name}`);
  return { hash, label: `${label}${amongOthers(base, name)}` };
}

/** Where a branch and HEAD were last the same, as far as git can tell. */
interface MergeBase {
  readonly hash: string;
  /** Where each was merged into the other there are several, none of which has what the other ones have. */
  readonly others: readonly string[];
}

async function mergeBase(cwd: string, tip: string): Promise<MergeBase | null> {
  const [hash, ...others] = (await gitLine(cwd, ["merge-base", "--all", tip, "HEAD"]))?.split(/\r?\n/) ?? [];
  return hash === undefined ? null : { hash, others };
}

/** Says that there are several, where there are: what the others have is no change of this branch's, and is told as one. */
function amongOthers({ others }: MergeBase, name: string): string {
  if (others.length === 0) return "";
  const all = others.map((hash) => hash.slice(0, 8)).join(", ");
  return `, as is ${all}: what ${name} has from there counts as changed here`;
}

/**
 * Gives the hash of the one commit that a revision names, be it through a tag; null where it names none.
 * @throws DiagnosticError where it names a file or a folder
 */
async function commitNamed(cwd: string, revision: string): Promise<string | null> {
  const warning = ["-c", "core.warnAmbiguousRefs=true"];
  const said = await gitSaying(cwd, [...warning, "rev-parse", "--verify", revision]).catch((error) => {
    if (error instanceof GitError) return null;
    throw error;
  });
  const object = said && asLine(said.out);
  if (said !== null && /is ambiguous/.test(said.warnings)) await refuseTwoRefs(cwd, revision);
  if (object === null || !HASH.test(object)) return null;
  // Behind the text of `:/text` nothing can be added.
  const hash = await gitLine(cwd, ["rev-parse", "--verify", "--quiet", `${object}^{commit}`]);
  if (hash !== null) return hash;
  const kind = KINDS[(await gitLine(cwd, ["cat-file", "-t", object])) ?? ""];
  // A full hash is taken for a name, whether or not there is such an object.
  if (kind === undefined) return null;
  throw problem("base-not-found", `--against: "${revision}" is ${kind} of a commit`, "Name the commit.");
}

/**
 * Of a tag and a branch that are called the same git takes the tag, and says so on standard error.
 * @throws DiagnosticError where they are not the same commit
 */
async function refuseTwoRefs(cwd: string, revision: string): Promise<void> {
  // Behind a name stands what leads on from there; globs are no names.
  const [name = ""] = /^[^~^:@{?*[\s]+/.exec(revision) ?? [];
  if (name === "" || name.startsWith("refs/")) return;
  const places = ["tags", "heads", "remotes"].map((place) => `refs/${place}/${name}`);
  const format = "--format=%(refname) %(objectname) %(*objectname)";
  const listed = (await gitLine(cwd, ["for-each-ref", format, ...places])) ?? "";
  // A folder of refs is listed as well.
  const refs = listed
    .split(/\r?\n/)
    .map((line) => line.split(" "))
    .filter(([ref = ""]) => places.includes(ref));
  if (new Set(refs.map(([, object, peeled]) => peeled || object)).size < 2) return;
  const found = refs.map(([ref]) => ref);
  throw problem(
    "base-not-found",
    `--against: "${name}" is ${found.join(" and ")}, which are not the same commit`,
    `Name the one that is meant: --against ${found[0]}.`,
  );
}

const KINDS: Readonly<Record<string, string>> = { tree: "a folder", blob: "a file" };
const HASH = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

/** Tells whether it is a range (`a..b`), or another way to name several commits, or to leave one out. */
async function namesSeveral(cwd: string, revision: string): Promise<boolean> {
  const named = await gitLine(cwd, ["rev-parse", "--quiet", "--revs-only", revision]);
  return named !== null && /[\n^]/.test(named);
}

const several = (revision: string): DiagnosticError =>
  problem(
    "base-not-found",
    `--against: "${revision}" names several commits, or leaves one out`,
    "Name one, with which the files as they are here are compared: `main`, or `main...` for where HEAD left it.",
  );

/**
 * Of a branch that has gone on since HEAD left it, the place where it was left: what it has gained is not this change's doing. Null for
 * whatever else a revision names, and where HEAD has all of the branch.
 */
async function whereBranched(cwd: string, revision: string, tip: string): Promise<Commit | null> {
  const name = await gitLine(cwd, ["rev-parse", "--symbolic-full-name", "--verify", "--quiet", revision]);
  if (name === null || !/^refs\/(?:heads|remotes)\//.test(name)) return null;
  const base = await mergeBase(cwd, tip);
  if (base === null || base.hash === tip) return null;
  const count = Number(await gitLine(cwd, ["rev-list", "--count", `${base.hash}..${tip}`]));
  const { hash, label } = commit(base.hash, `where this branch left ${revision}`);
  return {
    hash,
    label: `${label}${amongOthers(base, revision)}; ${revision} has ${count} ${count === 1 ? "commit" : "commits"} more`,
  };
}

/** In a fork's clone the other project is `upstream` by custom, and that is where a pull request goes. */
const REMOTES = ["upstream", "origin"];
const DEFAULT_BRANCHES = ["main", "master"];

/**
 * Gives what a pull request is compared with where nobody says: the place where HEAD left the branch that it is to be merged
 * into. On that branch itself this is HEAD, so that uncommitted changes show.
 */
export async function defaultCommit(cwd: string, environment: Environment = process.env): Promise<Commit> {
  await requireRepository(cwd);
  const target = environment.GITHUB_BASE_REF || environment.CI_MERGE_REQUEST_TARGET_BRANCH_NAME;
  const candidates = target
    ? [`refs/remotes/origin/${target}`, `refs/heads/${target}`, target]
    : [...(await remoteDefaults(cwd)), ...DEFAULT_BRANCHES.map((branch) => `refs/heads/${branch}`)];
  for (const name of candidates) {
    const found = await findCommit(cwd, `${name}...`);
    if (found !== null) return found;
  }
  throw new DiagnosticError([target ? await notFound(cwd, `origin/${target}`) : await noDefault(cwd)]);
}

async function noDefault(cwd: string): Promise<Diagnostic> {
  const message = `there is nothing to compare with: no remote has a default branch, and none of ${DEFAULT_BRANCHES.join(", ")} exists`;
  // One of a single branch has no other one.
  return (await isShallow(cwd))
    ? {
        code: "base-shallow",
        severity: "error",
        message: `${message} in this shallow clone`,
        hint: `Run \`git fetch --unshallow origin <branch>:refs/remotes/origin/<branch>\` with the branch that this one is to be merged into${IN_CI}`,
      }
    : {
        code: "base-not-found",
        severity: "error",
        message,
        hint: "Name it: --against <branch, tag or commit>.",
      };
}

/** Finds the branches that remotes say are their default ones, or that have such a name. */
async function remoteDefaults(cwd: string): Promise<string[]> {
  const wanted = REMOTES.flatMap((remote) =>
    ["HEAD", ...DEFAULT_BRANCHES].map((branch) => `refs/remotes/${remote}/${branch}`),
  );
  const listed = await gitLine(cwd, ["for-each-ref", "--format=%(refname) %(symref)", ...wanted]);
  const found = new Map<string, string>();
  for (const line of (listed ?? "").split(/\r?\n/)) {
    const [name = "", points = ""] = line.split(" ");
    found.set(name, points === "" ? name : points);
  }
  return wanted.flatMap((name) => found.get(name) ?? []);
}

/** Says why a revision was not found, as far as the repository tells. */
export async function notFound(cwd: string, revision: string): Promise<Diagnostic> {
  const message = `--against: "${revision}" is no commit, branch or tag here`;
  if (await isShallow(cwd)) {
    return {
      code: "base-shallow",
      severity: "error",
      message: `${message}, and the clone is shallow`,
      hint: fetchHint(revision),
    };
  }
  const remote = await gitLine(cwd, ["rev-parse", "--verify", "--quiet", `origin/${revision}`]);
  return {
    code: "base-not-found",
    severity: "error",
    message,
    hint:
      remote === null
        ? "A folder needs to exist and is best written with `./`; a database begins with postgres://."
        : `There is origin/${revision}: use --against origin/${revision}.`,
  };
}

/** @throws DiagnosticError where the folder is in no work tree, or there is no git */
export async function requireRepository(cwd: string): Promise<void> {
  try {
    await git(cwd, ["rev-parse", "--show-toplevel"]);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") {
      throw problem("base-git-missing", "git is needed to read another commit, and is not installed", OTHERS);
    }
    if (!(error instanceof GitError)) throw error;
    const isForeign = /dubious ownership/.test(error.message);
    throw problem(
      isForeign ? "base-git-refused" : "base-not-git",
      isForeign ? error.message.split("\n")[0]! : `${cwd} is in no git repository`,
      isForeign ? `Run: git config --global --add safe.directory <the repository's folder>` : OTHERS,
    );
  }
}

const OTHERS = "Compare with a folder or a database: --against ./other-copy, --against postgres://…";

function problem(code: string, message: string, hint: string): DiagnosticError {
  return new DiagnosticError([{ code, severity: "error", message, hint }]);
}

async function noMergeBase(cwd: string, tip: string): Promise<Diagnostic> {
  const shallow = await isShallow(cwd);
  return {
    code: shallow ? "base-shallow" : "base-not-found",
    severity: "error",
    message: `HEAD and ${tip} have no common ancestor${shallow ? " in this shallow clone" : ""}`,
    hint: shallow ? fetchHint(tip) : `Compare with ${tip} as it is: --against ${tip}.`,
  };
}

async function isShallow(cwd: string): Promise<boolean> {
  return (await gitLine(cwd, ["rev-parse", "--is-shallow-repository"])) === "true";
}

function fetchHint(revision: string): string {
  const branch = revision.replace(/^(?:refs\/remotes\/)?origin\//, "");
  // `HEAD~1` and `v1^{commit}` are no names that can be fetched.
  const alone = /[~^:@{ ]/.test(branch)
    ? ""
    : ` (or \`git fetch --depth=1 origin ${branch}:refs/remotes/origin/${branch}\` and compare with origin/${branch} itself)`;
  return `Run \`git fetch --unshallow\`${alone}${IN_CI}`;
}

const IN_CI = "; in GitHub Actions give actions/checkout `fetch-depth: 0`, in GitLab set GIT_DEPTH: 0.";

function commit(hash: string, name: string): Commit {
  const short = hash.slice(0, 8);
  return { hash, label: hash.startsWith(name) ? short : `${name} (${short})` };
}
