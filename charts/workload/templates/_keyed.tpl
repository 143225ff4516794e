{{/*
A list that the values hold as a map by key, so that a stack file can change one entry.
In: `items` (a map by key, or a list as Kubernetes writes it) and `key` (the field that takes the map's key; none where
the key is only a handle).
Out: YAML of the list in the order of the keys, without the entries that are null; nothing when none is left.
*/}}
{{- define "workload.keyed" -}}
{{- if kindIs "slice" .items -}}
  {{- with .items -}}
{{ toYaml . }}
  {{- end -}}
{{- else -}}
  {{- $list := list -}}
  {{- range $name, $item := .items -}}
    {{- if kindIs "invalid" $item -}}
    {{- else if $.key -}}
      {{- $list = append $list (merge (dict $.key ($item | dig $.key $name)) $item) -}}
    {{- else -}}
      {{- $list = append $list $item -}}
    {{- end -}}
  {{- end -}}
  {{- with $list -}}
{{ toYaml . }}
  {{- end -}}
{{- end -}}
{{- end }}

{{/*
Takes out what a stack file has removed with null, at any depth of maps.
In: a map. Out: nothing; changes the map.
*/}}
{{- define "workload.prune" -}}
{{- range $key, $value := . -}}
  {{- if kindIs "invalid" $value -}}
    {{- $_ := unset $ $key -}}
  {{- else if kindIs "map" $value -}}
    {{- include "workload.prune" $value -}}
  {{- end -}}
{{- end -}}
{{- end }}

{{/*
Lays one map over another, at any depth of maps; a null takes an entry away.
In: `base` and `over`. Out: nothing; changes `base`.
*/}}
{{- define "workload.overlay" -}}
{{- range $key, $value := .over -}}
  {{- $below := index $.base $key -}}
  {{- if and (kindIs "map" $value) (kindIs "map" $below) -}}
    {{- include "workload.overlay" (dict "base" $below "over" $value) -}}
  {{- else -}}
    {{- $_ := set $.base $key $value -}}
  {{- end -}}
{{- end -}}
{{- end }}
