#!/usr/bin/env bash
# Writes docs/ from the provider's own schema, templates/ and examples/.
#
# The schema comes from the provider itself, not from the command of Terraform: before 1.14 that knows neither actions nor list
# resources, and the documentation must not depend on what is installed.
set -euo pipefail

root=$(git rev-parse --show-toplevel)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cd "$root"
"${GO:-go}" run ./internal/cmd/schema >"$work/schema.json"

"$BIN/tfplugindocs" generate \
  --provider-dir "$root" \
  --provider-name prefect \
  --rendered-provider-name Prefect \
  --providers-schema "$work/schema.json"
