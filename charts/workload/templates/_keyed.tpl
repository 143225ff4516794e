{{/*
A list that the values hold as a map by key, so that a stack file can change one entry.
In: `items` (a map by key, or a list as Kubernetes writes it) and `key` (the field that takes the map's key).
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
    {{- if not (kindIs "invalid" $item) -}}
      {{- $list = append $list (merge (dict $.key ($item | dig $.key $name)) $item) -}}
    {{- end -}}
  {{- end -}}
  {{- with $list -}}
{{ toYaml . }}
  {{- end -}}
{{- end -}}
{{- end }}
