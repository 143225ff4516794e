{{/*
The name of the service: what its pods are selected by.
In: the root context. Out: `name`, else the release's name.
*/}}
{{- define "workload.app" -}}
{{ .Values.name | default .Release.Name }}
{{- end }}

{{/*
The name of the workload and of everything that belongs to it. A track other than stable is a second workload
beside the first, so it has a name of its own.
In: the root context. Out: `frontend`, or `frontend-canary`.
*/}}
{{- define "workload.name" -}}
{{- $app := include "workload.app" . -}}
{{- if and .Values.track (ne .Values.track "stable") -}}
{{ $app }}-{{ .Values.track }}
{{- else -}}
{{ $app }}
{{- end -}}
{{- end }}
