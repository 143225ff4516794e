#!/usr/bin/env bash
# Says whether Kubernetes 1.34, Istio and the Gateway API know every object of the goldens: no unknown field, no wrong type.
# KUBECONFORM names kubeconform (default: kubeconform), BAKE_SHARED the folder with the schemas, as schemas/README.md has it.
set -euo pipefail
cd "$(dirname "$0")/golden"
kubeconform=${KUBECONFORM:-kubeconform}
schemas=${BAKE_SHARED:?names the folder with schemas/}/schemas

# A golden can be a refusal, or a bake of nothing.
mapfile -t files < <(grep --recursive --files-without-match '^Error: ' apps charts | xargs grep --files-with-matches '^kind: ' | sort)
echo "${#files[@]} files"
"$kubeconform" -strict -summary \
  -schema-location "$schemas/k8s-1.34-strict/{{.ResourceKind}}{{.KindSuffix}}.json" \
  -schema-location "$schemas/crds/{{.Group}}/{{.ResourceKind}}_{{.ResourceAPIVersion}}.json" \
  "${files[@]}"
