#!/usr/bin/env bash
# Records what the real Helm prints for the files below testdata/, or with --check says where it differs.
# HELM names the program (default: helm); it must be 3.22.
set -euo pipefail
cd "$(dirname "$0")/.."
helm=${HELM:-helm}
"$helm" version --template '{{.Version}}' | grep -q '^v3\.22' || { echo "record.sh: $helm is not Helm 3.22" >&2; exit 2; }
out=testdata/golden
tmp=
if [ "${1:-}" = --check ]; then tmp=$(mktemp -d); out=$tmp; fi

# The charts as folders that Helm reads: each with the schema that they share.
charts=$(mktemp -d)
trap 'rm -rf "$charts" ${tmp:+"$tmp"}' EXIT
cp -r charts/workload charts/service "$charts"
for chart in workload service; do cp charts/values.schema.json "$charts/$chart"; done

# Each application in its layout {product}/{namespace}/{app}: both charts, every stack.
layout=testdata/apps/deploy-values
for app in "$layout"/*/*/*/; do
  app=${app%/}
  namespace=$(basename "$(dirname "$app")")
  for file in "$app"/*-values.yaml; do
    stack=$(basename "$file" -values.yaml)
    for chart in workload service; do
      to=$out/apps/${app#"$layout"/}/$stack.$chart.yaml
      mkdir -p "$(dirname "$to")"
      "$helm" template "$(basename "$app")" "$charts/$chart" --namespace "$namespace" -f "$app/values.yaml" -f "$file" > "$to"
    done
  done
done

# Values of the two charts beyond the applications, alone: FILE.values.yaml.
for file in testdata/charts/*.values.yaml; do
  [ -e "$file" ] || continue
  for chart in workload service; do
    to=$out/charts/$(basename "$file" .values.yaml).$chart.yaml
    mkdir -p "$(dirname "$to")"
    "$helm" template app "$charts/$chart" --namespace default -f "$file" > "$to" 2> "$to.err" || mv "$to.err" "$to"
    rm -f "$to.err"
  done
done

# Charts of our own that show one behaviour each: a case is a folder with chart/ and a file args (one argument a line).
for dir in testdata/cases/*/; do
  [ -e "$dir/args" ] || continue
  name=$(basename "$dir")
  mkdir -p "$out/cases"
  mapfile -t args < "$dir/args"
  (cd "$dir" && "$helm" template "${args[@]}") > "$out/cases/$name.yaml" 2> "$out/cases/$name.err" && rm "$out/cases/$name.err" || true
done

# Schemas with odd patterns, URLs, formats, numbers and references: a line has a schema and the values that it checks. What
# Helm says of them follows both.
mkdir -p "$out"
chart=$(mktemp -d)
printf 'apiVersion: v2\nname: c\nversion: 1.0.0\n' > "$chart/Chart.yaml"
while IFS=$'\t' read -r schema values; do
  printf '%s' "$schema" > "$chart/values.schema.json"
  printf '%s' "$values" > "$chart/values.yaml"
  printf '%s\n%s\n' "$schema" "$values"
  "$helm" template c "$chart" 2>&1 > /dev/null && echo ok || true
  echo
done < testdata/schemas/lines > "$out/schemas.txt"
rm -r "$chart"

# What a shell shows: each line of arguments, standard output, the first line of standard error, a failure's exit code, the
# files that were written.
mkdir -p "$out"
testdata/command-lines/record "$helm" > "$out/command-lines.txt"

# The bake stage: its test asks Helm itself, and compares or records.
if [ "$out" = testdata/golden ]; then
  HELM=$helm BAKE_RECORD=1 cargo test --quiet --all-features --test serve -- bakes_equal it_deploys
fi

if [ "$out" != testdata/golden ]; then
  diff -r testdata/golden "$out" && echo "goldens: as Helm prints them"
fi
