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

# The registry's navigation groups pages by subcategory, for which the generator has no place.
for page in docs/{resources,data-sources,list-resources,ephemeral-resources,actions}/*.md; do
  case $(basename "$page" .md) in
  flow_run* | kubernetes_job) group="Runs" ;;
  flow*) group="Flows" ;;
  project* | tenant*) group="Projects and tenants" ;;
  cloud_hook*) group="Cloud hooks" ;;
  *) group="Server and cluster" ;;
  esac
  [ -f "$page" ] && sed -i.bak "s/^subcategory: \"\"\$/subcategory: \"$group\"/" "$page" && rm "$page.bak"
done
