#!/usr/bin/env bash
# Makes the corpora (corpus/TARGET) and the dictionary that the targets start from: of testdata and charts, and of the
# hostile inputs and recorded answers below BAKE_SHARED where that is set. Run it again at any time: it only adds.
set -euo pipefail
cd "$(dirname "$0")"
for target in template_parse template_render yaml_read set archive bake; do mkdir -p "corpus/$target"; done
max=65536

# keep TARGET: standard input as a seed, under the hash of its bytes
keep() {
  local scratch=corpus/.seed
  cat > "$scratch"
  local size; size=$(stat -c %s "$scratch")
  if [ "$size" -gt 0 ] && [ "$size" -le "$max" ]; then
    mv "$scratch" "corpus/$1/$(sha1sum < "$scratch" | cut -c1-16)"
  fi
}

# keep_lines TARGET: each line of standard input, in base64, as a seed
keep_lines() {
  perl -MMIME::Base64 -MDigest::SHA=sha1_hex -ne '
    my $seed = decode_base64($_);
    next if length($seed) == 0 || length($seed) > '$max';
    open(my $file, ">", "corpus/'"$1"'/" . substr(sha1_hex($seed), 0, 16)) or die $!;
    print $file $seed;'
}

# parts FOLDER: a chart as the target `bake` reads it
parts() {
  (cd "$1" && find . -type f -size -64k -printf '%P\n' | LC_ALL=C sort | while read -r file; do
    printf -- '-- %s --\n' "$file"; cat "$file"; tail -c1 "$file" | grep -q . && echo || true
  done)
}

# chart FOLDER [VALUES]: its templates, its YAML and the whole of it
chart() {
  while read -r file; do keep template_parse < "$file"; done < <(find "$1" -path '*/templates/*' -type f)
  while read -r file; do keep yaml_read < "$file"; done < <(find "$1" -name '*.yaml' -not -path '*/templates/*' -type f)
  { parts "$1"; if [ -n "${2:-}" ]; then echo '-- @values --'; cat "$2"; fi; } | keep bake
  tar -C "$(dirname "$1")" --format=ustar --owner=0 --group=0 -cf - "$(basename "$1")" 2>/dev/null | keep archive || true
}

for folder in ../charts/*/ ../testdata/cases/*/chart/; do [ -d "$folder" ] && chart "${folder%/}"; done
for values in ../testdata/charts/*.values.yaml; do chart ../charts/workload "$values"; keep yaml_read < "$values"; done
while read -r file; do keep yaml_read < "$file"; done < <(find ../testdata/golden ../testdata/apps -name '*.yaml')
for line in 'ta=1' 'ta.b.c=x,l[0].x=y' 'ta={b,c}' 'tl[2]=null' 'tx\.y=z' 's a=1' 'sn=01' 'ja={"b":[1,null]}' \
  'jl[1]=[{}]' 'fa=file' 'la.b=x,y={' $'ta[0][1]=2\nta.b={}\nsa=b'; do printf '%s' "$line" | keep set; done

shared=${BAKE_SHARED:-}
if [ -n "$shared" ]; then
  while read -r folder; do chart "$folder"; done < <(find "$shared/adversarial/charts" -mindepth 1 -maxdepth 1 -type d)
  for file in "$shared"/adversarial/values/*; do keep yaml_read < "$file"; done
  for file in "$shared"/adversarial/archives/*; do
    keep archive < "$file"
    { gzip -dc "$file" 2>/dev/null | head -c "$max" || true; } | keep archive
  done
  jq -rR 'fromjson? | .args as $a | range(1; $a|length) | select($a[. - 1]|type == "string" and startswith("--set"))
    | ({"--set": "t", "--set-string": "s", "--set-json": "j", "--set-file": "f", "--set-literal": "l"}[$a[. - 1]] // "t") as $form
    | $a[.] | select(type == "string") | $form + . | @base64' "$shared/adversarial/cases.jsonl" \
    | keep_lines set
  jq -rR 'fromjson? | [.template, .values // "" | tostring] | join("\n-- values --\n") | @base64' "$shared/oracle/functions/functions.jsonl" \
    | keep_lines template_render
  jq -rR 'fromjson? | [.Tmpls[] | "-- \(.Name) --\n\(.Text)\n"] + ["-- values --\n\(.Data | tojson)"] | join("") | @base64' \
    "$shared/oracle/template/cases.jsonl" | keep_lines template_render
  jq -rR 'fromjson? | .input // empty | @base64' "$shared/oracle/yaml/read.jsonl" "$shared/oracle/yaml/read_suite.jsonl" \
    | awk 'NR % 4 == 0' | keep_lines yaml_read
fi
cp -n corpus/template_parse/* corpus/template_render/
rm -f corpus/.seed

# The dictionary: every function, the keywords, and what the grammars are made of.
{
  sed 's/.*/"&"/' ../testdata/functions.txt
  for word in '{{' '}}' '{{-' '-}}' '{{/*' '*/}}' ':=' '| ' '$' '$x' '.Values' '.Release.Name' '.Chart' '.Files' '.Capabilities' \
    '.Template' if else end range with define block template break continue nil true false \
    '---' '...' '!!str ' '!!binary ' '!!float ' '!!null ' '<<' '&a ' '*a' '? ' '|-' '>+' '%YAML 1.1' \
    '-- values --' '-- @values --' '-- @set --' '-- templates/a.yaml --' '-- Chart.yaml --' '-- values.schema.json --' \
    '-- charts/s/Chart.yaml --' 'apiVersion: v2' 'name: c' 'version: 1.0.0' 'dependencies:' 'condition:' 'tags:' 'alias:' \
    'import-values:' 'global:' 'type: library' 'helm.sh/hook' 'kind: ' 'ustar'; do
    printf '"%s"\n' "$(sed 's/[\\"]/\\&/g' <<< "$word")"
  done
} > dictionary.txt
for target in corpus/*; do echo "$target: $(find "$target" -type f | wc -l)"; done
