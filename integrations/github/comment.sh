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

comments="repos/$GITHUB_REPOSITORY/issues/$SOLITUDE_PULL_REQUEST/comments"
own=$(gh api --paginate "$comments" --jq ".[] | select(.body | startswith(\"$mark\")) | .id" | head -n 1)
if [ -n "$own" ]; then
  gh api --method PATCH "repos/$GITHUB_REPOSITORY/issues/comments/$own" --field "body=@$body" > /dev/null
else
  gh api --method POST "$comments" --field "body=@$body" > /dev/null
fi
