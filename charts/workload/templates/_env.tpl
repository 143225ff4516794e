{{/*
The environment of a container.
In: `env` (a map by name, or a list as Kubernetes writes it) and `of` (the container, for messages).
Out: YAML of the list. A map's variable that names others by `$(NAME)` comes after them, whatever the order in the
file; otherwise the order is that of the names. A list keeps its order. `$$(NAME)` is no reference.
*/}}
{{- define "workload.env" -}}
{{- $state := dict "env" .env "of" .of "open" dict "done" dict "list" dict -}}
{{- range $name, $value := .env -}}
  {{- if kindIs "slice" $.env -}}
    {{- if hasKey $state.done $value.name -}}
      {{- fail (printf "env of %s: %s is in the list twice" $.of $value.name) -}}
    {{- end -}}
    {{- $_ := set $state.done $value.name true -}}
    {{- include "workload.env.append" (dict "name" $value.name "value" (hasKey $value "valueFrom" | ternary $value ($value.value | default "")) "state" $state) -}}
  {{- else -}}
    {{- include "workload.env.visit" (dict "name" $name "state" $state) -}}
  {{- end -}}
{{- end -}}
{{- range $place, $variable := $state.list }}
- {{ $variable | indent 2 | trimPrefix "  " }}
{{- end }}
{{- end }}

{{/*
Appends a variable to the list of the state, after those that it refers to.
In: `name` and `state`: `env`; `open`, what each variable on the way here refers to; `done`; `list`, by place, so that
it need not be copied. Out: nothing; changes the state.
*/}}
{{- define "workload.env.visit" -}}
{{- $state := .state -}}
{{- $value := index $state.env .name -}}
{{- if hasKey $state.open .name -}}
  {{- include "workload.env.cycle" . -}}
{{- else if not (or (kindIs "invalid" $value) (hasKey $state.done .name)) -}}
  {{- $text := kindIs "map" $value | ternary $value (dict "value" $value) | dig "value" "" | toString -}}
  {{- range $reference := contains "$(" $text | ternary (regexFindAll "\\$\\([^()]+\\)" (replace "$$" "" $text) -1) list -}}
    {{- $_ := set $state.open $.name ($reference | trimPrefix "$(" | trimSuffix ")") -}}
    {{- include "workload.env.visit" (dict "name" (index $state.open $.name) "state" $state) -}}
  {{- end -}}
  {{- $_ := unset $state.open .name -}}
  {{- $_ := set $state.done .name true -}}
  {{- include "workload.env.append" (dict "name" .name "value" $value "state" $state) -}}
{{- end -}}
{{- end }}

{{/*
In: `name`, `value` and `state`. Out: nothing; appends the variable to the list of the state.
*/}}
{{- define "workload.env.append" -}}
{{- if has .name (list "true" "false") -}}
  {{- fail (printf "env of %s: YAML reads names such as ON and NO as %s; write the name in quotes" .state.of .name) -}}
{{- end -}}
{{- if kindIs "float64" .value -}}
  {{- if or (gt .value 9007199254740991.0) (lt .value -9007199254740991.0) -}}
    {{- fail (printf "env of %s: %s is too big a number to keep its digits; write it in quotes" .state.of .name) -}}
  {{- end -}}
{{- else if kindIs "map" .value -}}
  {{- $sources := list -}}
  {{- range $source := list "configMap" "field" "resource" "secret" "value" "valueFrom" -}}
    {{- if not (kindIs "invalid" (index $.value $source)) }}{{ $sources = append $sources $source }}{{ end -}}
  {{- end -}}
  {{- if ne (len $sources) 1 -}}
    {{- fail (printf "env of %s: %s must have one source (value, secret, configMap, field, resource or valueFrom), not %s (null takes one away)" .state.of .name (join " and " $sources | default "none")) -}}
  {{- end -}}
{{- end -}}
{{- $variable := printf "name: %s\n%s" (toYaml .name) (include "workload.env.value" .value) -}}
{{- $_ := set .state.list (len .state.list | printf "%06d") $variable -}}
{{- end }}

{{/*
In: `name`, a variable that refers to itself by way of others, and `state`. Out: an error that says the way.
*/}}
{{- define "workload.env.cycle" -}}
{{- $way := list .name -}}
{{- $at := index .state.open .name -}}
{{- range .state.open -}}
  {{- if ne $at $.name -}}
    {{- $way = append $way $at -}}
    {{- $at = index $.state.open $at -}}
  {{- end -}}
{{- end -}}
{{- fail (printf "env of %s: %s refers to itself: %s" .state.of .name (append $way .name | join " -> ")) -}}
{{- end }}

{{/*
The value of a variable.
In: a scalar; `{secret, key}`, `{configMap, key}`, `{field}` or `{resource}`; or `{value}` or `{valueFrom}` as
Kubernetes has them. Out: YAML of `value` or `valueFrom`.
*/}}
{{- define "workload.env.value" -}}
{{- if not (kindIs "map" .) -}}
{{ dict "value" (kindIs "string" . | ternary . (toJson .)) | toYaml }}
{{- else if .secret -}}
valueFrom:
  secretKeyRef:
    name: {{ toYaml .secret }}
    key: {{ .key | required (printf "env: say the key of secret %s" .secret) | toYaml }}
    {{- if hasKey . "optional" }}
    optional: {{ .optional }}
    {{- end }}
{{- else if .configMap -}}
valueFrom:
  configMapKeyRef:
    name: {{ toYaml .configMap }}
    key: {{ .key | required (printf "env: say the key of configMap %s" .configMap) | toYaml }}
    {{- if hasKey . "optional" }}
    optional: {{ .optional }}
    {{- end }}
{{- else if .field -}}
valueFrom:
  fieldRef:
    fieldPath: {{ toYaml .field }}
{{- else if .resource -}}
valueFrom:
  resourceFieldRef:
    resource: {{ toYaml .resource }}
    {{- with .container }}
    containerName: {{ toYaml . }}
    {{- end }}
    {{- with .divisor }}
    divisor: {{ toYaml . }}
    {{- end }}
{{- else if .valueFrom -}}
{{ pick . "valueFrom" | toYaml }}
{{- else -}}
{{ include "workload.env.value" .value }}
{{- end -}}
{{- end }}
