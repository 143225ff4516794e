{{/*
The environment of a container.
In: `env` (a map by name, or a list as Kubernetes writes it) and `of` (the container, for messages).
Out: YAML of the list. A variable that names others by `$(NAME)` comes after them, whatever the order in the file;
otherwise the order is that of the names. `$$(NAME)` is no reference.
*/}}
{{- define "workload.env" -}}
{{- if kindIs "slice" .env -}}
{{ toYaml .env }}
{{- else -}}
  {{- $state := dict "env" .env "of" .of "done" dict "list" list -}}
  {{- range $name, $value := .env -}}
    {{- include "workload.env.visit" (dict "name" $name "state" $state "path" list) -}}
  {{- end -}}
  {{- with $state.list -}}
{{ toYaml . }}
  {{- end -}}
{{- end -}}
{{- end }}

{{/*
Appends a variable to the list of the state, after those that it refers to.
In: `name`, `state` (env, done, list) and `path` (the names that led here). Out: nothing; changes the state.
*/}}
{{- define "workload.env.visit" -}}
{{- $value := index .state.env .name -}}
{{- if has .name (list "true" "false") -}}
  {{- fail (printf "env of %s: YAML reads names such as ON, NO and Y as %s; write the name in quotes" .state.of .name) -}}
{{- else if has .name .path -}}
  {{- fail (printf "env of %s: %s refers to itself: %s" .state.of .name (join " -> " (append .path .name))) -}}
{{- end -}}
{{- if not (or (kindIs "invalid" $value) (hasKey .state.done .name)) -}}
  {{- if and (kindIs "string" $value) (contains "$(" $value) -}}
    {{- $path := append .path .name -}}
    {{- range regexFindAll "\\$\\([^()]+\\)" (replace "$$" "" $value) -1 -}}
      {{- $name := . | trimPrefix "$(" | trimSuffix ")" -}}
      {{- if hasKey $.state.env $name -}}
        {{- include "workload.env.visit" (dict "name" $name "state" $.state "path" $path) -}}
      {{- end -}}
    {{- end -}}
  {{- end -}}
  {{- $_ := set .state.done .name true -}}
  {{- $entry := include "workload.env.value" $value | fromYaml -}}
  {{- $_ := set $entry "name" .name -}}
  {{- $_ := set .state "list" (append .state.list $entry) -}}
{{- end -}}
{{- end }}

{{/*
The value of a variable.
In: a scalar; `{secret, key}`, `{configMap, key}`, `{field}` or `{resource}`; or `{value}` or `{valueFrom}` as
Kubernetes has them. Out: YAML of `value` or `valueFrom`.
*/}}
{{- define "workload.env.value" -}}
{{- if not (kindIs "map" .) -}}
value: {{ kindIs "string" . | ternary . (toJson .) | quote }}
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
{{- else if or .valueFrom (hasKey . "value") -}}
{{ pick . "value" "valueFrom" | toYaml }}
{{- else -}}
{{- fail (printf "env: %s says no source; say a value, a secret, a configMap, a field or a resource" (toJson .)) -}}
{{- end -}}
{{- end }}
