#!/usr/bin/env bash
# The step of action.yml that sums up in one comment of the pull request, which it keeps up to date.
set -euo pipefail

# Without a report there is nothing to say that the log does not.
[ -s "${SOLITUDE_MARKDOWN:-}" ] || exit 0

mark='<!-- solitude-gen -->'
body=$(mktemp)
trap 'rm -f "$body"' EXIT
printf '%s\n' "$mark" > "$body"
cat "$SOLITUDE_MARKDOWN" >> "$body"

# The token of a pull request from a fork, or of Dependabot, may only read. What was found decides over the job, and its summary
# has all of it.
could_not() {
  echo "::warning title=solitude-gen::The comment could not be written (the token of a fork's pull request may only read); the job's summary has the same. $(tr '\n' ' ' < "$said")"
  exit 0
}
said=$(mktemp)
trap 'rm -f "$body" "$said"' EXIT

comments="repos/$GITHUB_REPOSITORY/issues/$SOLITUDE_PULL_REQUEST/comments"
own=$(gh api --paginate "$comments" --jq ".[] | select(.body | startswith(\"$mark\")) | .id" 2> "$said") || could_not
own=${own%%$'\n'*}
if [ -n "$own" ]; then
  gh api --method PATCH "repos/$GITHUB_REPOSITORY/issues/comments/$own" --field "body=@$body" > /dev/null 2> "$said" || could_not
else
  gh api --method POST "$comments" --field "body=@$body" > /dev/null 2> "$said" || could_not
fi
