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
In: the root context. Out: `workloadName`, else `frontend` or `frontend-canary`.
*/}}
{{- define "workload.name" -}}
{{- $name := .Values.workloadName | default (include "workload.app" .) -}}
{{- if and .Values.track (ne .Values.track "stable") -}}
{{ $name }}-{{ .Values.track }}
{{- else -}}
{{ $name }}
{{- end -}}
{{- end }}

{{/*
The name of a ConfigMap. One that cannot change gets a new name with new content.
In: `key`, `config` (an entry of configMaps) and `root`. Out: its `name`, else `frontend-app`.
*/}}
{{- define "workload.configMapName" -}}
{{- $name := .config.name | default (printf "%s-%s" (include "workload.name" .root) .key) -}}
{{- if .config.immutable -}}
{{ $name }}-{{ toJson (pick .config "data" "binaryData") | sha256sum | trunc 8 }}
{{- else -}}
{{ $name }}
{{- end -}}
{{- end }}

{{/*
The name of a claim of `persistentVolumeClaims`. A canary mounts that of the workload beside it.
In: `key`, `claim` (its values) and `root`. Out: its `name`, else `frontend-data`.
*/}}
{{- define "workload.claimName" -}}
{{- $said := kindIs "map" .claim | ternary .claim dict -}}
{{- $said.name | default (printf "%s-%s" (.root.Values.workloadName | default (include "workload.app" .root)) .key) -}}
{{- end }}

{{/*
The service account of the pods.
In: the root context. Out: its name, or nothing for that of the namespace.
*/}}
{{- define "workload.serviceAccountName" -}}
{{- if .Values.serviceAccountName -}}
{{ .Values.serviceAccountName }}
{{- else if (.Values.serviceAccount | default dict).create -}}
{{ include "workload.app" . }}
{{- end -}}
{{- end }}
