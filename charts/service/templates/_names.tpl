{{/*
The name of the service: what its pods are selected by.
In: the root context. Out: `name`, else the release's name.
*/}}
{{- define "service.app" -}}
{{ .Values.name | default .Release.Name }}
{{- end }}

{{/*
The labels of every object.
In: the root context. Out: a map as YAML.
*/}}
{{- define "service.labels" -}}
{{- $labels := dict "app" (include "service.app" .) -}}
{{- if .Values.standardLabels -}}
  {{- $_ := set $labels "app.kubernetes.io/name" (include "service.app" .) -}}
{{- end -}}
{{- range $key, $value := .Values.labels -}}
  {{- if not (kindIs "invalid" $value) -}}
    {{- $_ := set $labels $key $value -}}
  {{- end -}}
{{- end -}}
{{- toYaml $labels -}}
{{- end }}
