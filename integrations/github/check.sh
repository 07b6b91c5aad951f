#!/usr/bin/env bash
# The step of action.yml that checks. It never fails itself: its outputs tell the exit code, so that the comment is
# written either way. SOLITUDE_GEN, for tests, is a command to run in place of npx.
set -euo pipefail

against=${SOLITUDE_AGAINST:-}
if [ -z "$against" ] && [ -n "${GITHUB_BASE_REF:-}" ]; then
  # A pull request's checkout is a merge into the tip of its base, and has nothing but itself.
  git fetch --quiet --no-tags --depth=1 origin "+refs/heads/$GITHUB_BASE_REF:refs/remotes/origin/$GITHUB_BASE_REF"
  against="origin/$GITHUB_BASE_REF"
fi

sarif=$RUNNER_TEMP/solitude-gen.sarif
markdown=$RUNNER_TEMP/solitude-gen.md
# Annotations need no option: solitude-gen writes them wherever it runs in GitHub Actions.
options=(--report "sarif=$sarif" --report "markdown=$markdown")
[ -z "${SOLITUDE_CONFIG:-}" ] || options+=(--config "$SOLITUDE_CONFIG")
# What is not given here, `ci:` of the configuration says.
checks=()
[ -z "${SOLITUDE_FAIL_ON:-}" ] || checks+=(--fail-on "$SOLITUDE_FAIL_ON")
[ -z "$against" ] || checks+=(--against "$against")
[ -z "${SOLITUDE_ORDER:-}" ] || checks+=(--order "$SOLITUDE_ORDER")
while IFS= read -r project; do
  [ -z "$project" ] || checks+=(--project "$project")
done <<< "${SOLITUDE_PROJECTS:-}"

if [ -n "${SOLITUDE_GEN:-}" ]; then
  read -ra command <<< "$SOLITUDE_GEN"
elif [ -n "${SOLITUDE_VERSION:-}" ]; then
  command=(npx --yes "solitude-gen@$SOLITUDE_VERSION")
else
  # The project's own version: what its developers run, whose output is committed.
  own=$(node "$(dirname "${BASH_SOURCE[0]}")/../own-version.cjs" "$(dirname "${SOLITUDE_CONFIG:-./sqlc.yaml}")")
  command=()
  while IFS= read -r word; do command+=("$word"); done <<< "$own"
fi
code=0
"${command[@]}" "${options[@]}" ci ${checks[@]+"${checks[@]}"} || code=$?

{
  echo "exit-code=$code"
  echo "sarif=$sarif"
  echo "markdown=$markdown"
} >> "$GITHUB_OUTPUT"
[ ! -s "$markdown" ] || cat "$markdown" >> "$GITHUB_STEP_SUMMARY"
