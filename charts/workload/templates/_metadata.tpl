{{/*
The labels that select the pods of this workload, and nothing else: they can never change.
In: the root context. Out: YAML of a map.
*/}}
{{- define "workload.selector" -}}
app: {{ include "workload.app" . | toYaml }}
{{- with .Values.track }}
track: {{ toYaml . }}
{{- end }}
{{- end }}

{{/*
The labels of every object.
In: the root context. Out: a map as YAML: the selector's, the standard ones, then `labels` over them.
*/}}
{{- define "workload.labels" -}}
{{- $labels := include "workload.selector" . | fromYaml -}}
{{- if .Values.standardLabels -}}
  {{- $_ := set $labels "app.kubernetes.io/name" (include "workload.app" .) -}}
  {{- with .Values.version -}}
    {{- $_ := set $labels "app.kubernetes.io/version" (regexReplaceAll "[^A-Za-z0-9_.-]" . "_" | trunc 63 | trimAll "_.-") -}}
  {{- end -}}
{{- end -}}
{{- range $key, $value := .Values.labels -}}
  {{- if not (kindIs "invalid" $value) -}}
    {{- $_ := set $labels $key $value -}}
  {{- end -}}
{{- end -}}
{{- toYaml $labels -}}
{{- end }}

{{/*
The metadata of an object of this workload.
In: the root context. Out: YAML of a map.
*/}}
{{- define "workload.metadata" -}}
name: {{ include "workload.name" . | toYaml }}
namespace: {{ toYaml .Release.Namespace }}
labels:
  {{- include "workload.labels" . | nindent 2 }}
{{- with include "workload.present" .Values.annotations }}
annotations:
  {{- . | nindent 2 }}
{{- end }}
{{- end }}

{{/*
A map of strings without the entries that a stack file has removed with null.
In: a map or nothing. Out: YAML of the map, or nothing.
*/}}
{{- define "workload.present" -}}
{{- $present := dict -}}
{{- range $key, $value := . -}}
  {{- if not (kindIs "invalid" $value) -}}
    {{- $_ := set $present $key $value -}}
  {{- end -}}
{{- end -}}
{{- if $present -}}
{{ toYaml $present }}
{{- end -}}
{{- end }}
