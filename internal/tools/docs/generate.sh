#!/usr/bin/env bash
# Writes docs/ from the provider's own schema, templates/ and examples/.
#
# The schema is asked of the provider's binary through a development override, so that no registry is needed.
set -euo pipefail

root=$(git rev-parse --show-toplevel)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cat >"$work/terraform.rc" <<RC
provider_installation {
  dev_overrides {
    "prefect-server/prefect" = "$BIN"
  }
  direct {}
}
RC
cat >"$work/main.tf" <<'TF'
terraform {
  required_providers {
    prefect = { source = "prefect-server/prefect" }
  }
}
provider "prefect" {}
TF

# The documentation generator looks its provider up under the name of Terraform's own registry.
TF_CLI_CONFIG_FILE="$work/terraform.rc" "$TERRAFORM" -chdir="$work" providers schema -json |
  sed -E 's#"[a-z.]+/prefect-server/prefect"#"registry.terraform.io/hashicorp/prefect"#' >"$work/schema.json"

"$BIN/tfplugindocs" generate \
  --provider-dir "$root" \
  --provider-name prefect \
  --rendered-provider-name Prefect \
  --providers-schema "$work/schema.json"
