{{/*
The name of the service: what its pods are selected by.
In: the root context. Out: `name`, else the release's name.
*/}}
{{- define "service.app" -}}
{{ .Values.name | default .Release.Name }}
{{- end }}

{{/*
A map without the entries that a stack file has removed with null.
In: a map or nothing. Out: YAML of the map, or nothing when none is left.
*/}}
{{- define "service.present" -}}
{{- $present := dict -}}
{{- range $key, $value := . -}}
  {{- if not (kindIs "invalid" $value) -}}
    {{- $_ := set $present $key $value -}}
  {{- end -}}
{{- end -}}
{{- with $present -}}
{{ toYaml . }}
{{- end -}}
{{- end }}

{{/*
A map without null at any depth: what a stack file has removed somewhere inside.
In: a map. Out: YAML of the map.
*/}}
{{- define "service.pruned" -}}
{{- $out := dict -}}
{{- range $key, $value := include "service.present" . | fromYaml -}}
  {{- if kindIs "map" $value -}}
    {{- $value = include "service.pruned" $value | fromYaml -}}
  {{- else if kindIs "slice" $value -}}
    {{- $value = include "service.prunedList" $value | fromYamlArray -}}
  {{- end -}}
  {{- $_ := set $out $key $value -}}
{{- end -}}
{{- toYaml $out -}}
{{- end }}

{{/*
The same for the maps of a list.
In: a list. Out: YAML of the list.
*/}}
{{- define "service.prunedList" -}}
{{- $out := list -}}
{{- range . -}}
  {{- $out = append $out (ternary (include "service.pruned" (ternary . dict (kindIs "map" .)) | fromYaml) . (kindIs "map" .)) -}}
{{- end -}}
{{- toYaml $out -}}
{{- end }}

{{/*
Two maps as one, field by field: what `over` says replaces what `base` says, and null takes it away.
In: `base` and `over`, maps or nothing. Out: YAML of a map.
*/}}
{{- define "service.over" -}}
{{- $all := dict -}}
{{- range $map := list .base .over -}}
  {{- range $key, $value := $map -}}
    {{- $_ := set $all $key $value -}}
  {{- end -}}
{{- end -}}
{{- include "service.present" $all | default "{}" -}}
{{- end }}

{{/*
The name of one object of a kind that an app can have several of.
In: `root`, `key` (empty for the app's own) and `item` (the values of the object).
Out: the item's `name`, else `frontend`, or `frontend-key`.
*/}}
{{- define "service.objectName" -}}
{{- $app := include "service.app" .root -}}
{{ .item.name | default (ternary (printf "%s-%s" $app .key) $app (ne .key "")) }}
{{- end }}

{{/*
An object without its kind.
In: `root`, `key` and `item` as for service.objectName, and `spec`. The item may say `labels`, `annotations`,
`namespace`, and in `spec` fields that replace those of the computed one.
Out: YAML of a map with `metadata` and `spec`.
*/}}
{{- define "service.object" -}}
{{- $app := include "service.app" .root -}}
{{- $labels := dict "app" $app -}}
{{- if .root.Values.standardLabels -}}
  {{- $_ := set $labels "app.kubernetes.io/name" $app -}}
{{- end -}}
{{- if hasKey (.root.Values.selectorLabels | default dict) "app" -}}
  {{- $labels = include "service.over" (dict "base" (omit $labels "app") "over" (include "service.pods" .root | fromYaml)) | fromYaml -}}
{{- end -}}
{{- $labels = include "service.over" (dict "base" $labels "over" .root.Values.labels) | fromYaml -}}
{{- $labels = include "service.over" (dict "base" $labels "over" .item.labels) | fromYaml -}}
{{- $spec := .spec -}}
{{- if contains "null" (toYaml $spec) -}}
  {{- $spec = include "service.pruned" $spec | fromYaml -}}
{{- end -}}
{{- $spec = include "service.over" (dict "base" $spec "over" .item.spec) | fromYaml -}}
metadata:
  name: {{ include "service.objectName" . | toYaml }}
  namespace: {{ .item.namespace | default .root.Release.Namespace | toYaml }}
  {{- with $labels }}
  labels:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with include "service.present" .item.annotations }}
  annotations:
    {{- . | nindent 4 }}
  {{- end }}
spec:
  {{- toYaml $spec | nindent 2 }}
{{- end }}

{{/*
The labels that the pods of the app have in all its tracks and versions: those that Services and policies select by.
In: the root context. Out: YAML of a map: `app`, or what `selectorLabels` says in its place.
*/}}
{{- define "service.pods" -}}
{{- $labels := .Values.selectorLabels | default dict -}}
{{- if not (hasKey $labels "app") -}}
app: {{ include "service.app" . | toYaml }}
{{- else if $labels.app -}}
app: {{ toYaml $labels.app }}
{{- else -}}
  {{- with include "service.present" $labels -}}
{{ . }}
  {{- else -}}
    {{- fail "selectorLabels: without `app`, say the labels in its place, as in `selectorLabels: {app: null, app.kubernetes.io/name: carts}`" -}}
  {{- end -}}
{{- end -}}
{{- end }}

{{/*
The labels that select the pods of the app.
In: `root` and `selector`, a map of more labels; null takes one away, and for `app` also all that is in its place.
Out: YAML of a map, or nothing.
*/}}
{{- define "service.selector" -}}
{{- $pods := include "service.pods" .root -}}
{{- if not .selector -}}
{{ $pods }}
{{- else -}}
  {{- $base := dict -}}
  {{- if or (not (hasKey .selector "app")) .selector.app }}{{ $base = $pods | fromYaml }}{{ end -}}
  {{- with include "service.over" (dict "base" $base "over" .selector) | fromYaml -}}
{{ toYaml . }}
  {{- end -}}
{{- end -}}
{{- end }}

{{/*
A list that the values hold as a map by key, so that a stack file can change one entry.
In: `items` (a map by key, or a list as Kubernetes writes it) and `key` (the field that takes the map's key, or nothing).
Out: YAML of the list in the order of the keys, without the entries that are null; nothing when none is left.
*/}}
{{- define "service.keyed" -}}
{{- $list := list -}}
{{- if kindIs "slice" .items -}}
  {{- $list = .items -}}
{{- else -}}
  {{- range $name, $item := include "service.present" .items | fromYaml -}}
    {{- $list = append $list (ternary (merge (dict) $item (dict $.key $name)) $item (ne $.key "")) -}}
  {{- end -}}
{{- end -}}
{{- with $list -}}
{{ toYaml . }}
{{- end -}}
{{- end }}
