{{/*
The pod template of every kind of workload.
In: the root context. Out: YAML of a PodTemplateSpec.
*/}}
{{- define "workload.podTemplate" -}}
metadata:
  labels:
    {{- $labels := include "workload.labels" . | fromYaml }}
    {{- range $key, $value := .Values.podLabels }}
    {{- if not (kindIs "invalid" $value) }}
    {{- $_ := set $labels $key $value }}
    {{- end }}
    {{- end }}
    {{- toYaml $labels | nindent 4 }}
  {{- with include "workload.podAnnotations" . }}
  annotations:
    {{- . | nindent 4 }}
  {{- end }}
spec:
  {{- include "workload.podSpec" . | nindent 2 }}
{{- end }}

{{/*
The annotations of the pod. A change of a ConfigMap changes the pod, so that it is rolled.
In: the root context. Out: YAML of a map, or nothing.
*/}}
{{- define "workload.podAnnotations" -}}
{{- $annotations := dict -}}
{{- with .Values.configMaps -}}
  {{- $_ := set $annotations "checksum/config" (toJson . | sha256sum) -}}
{{- end -}}
{{- range $key, $value := .Values.podAnnotations -}}
  {{- $_ := set $annotations $key $value -}}
{{- end -}}
{{- include "workload.present" $annotations -}}
{{- end }}

{{/*
In: the root context. Out: YAML of a PodSpec.
*/}}
{{- define "workload.podSpec" -}}
{{- with .Values.serviceAccountName -}}
serviceAccountName: {{ toYaml . }}
{{ end -}}
{{- with .Values.imagePullSecrets -}}
imagePullSecrets:
  {{- range . }}
  - name: {{ toYaml . }}
  {{- end }}
{{ end -}}
{{- with include "workload.containers" (dict "containers" .Values.initContainers "root" .) -}}
initContainers:
  {{- . | trim | nindent 2 }}
{{ end -}}
containers:
  {{- $main := dict "name" (include "workload.containerName" .) "spec" .Values "root" . "main" true }}
  - {{ include "workload.container" $main | indent 4 | trim }}
  {{- with include "workload.containers" (dict "containers" .Values.sidecars "root" .) }}
  {{- . | trim | nindent 2 }}
  {{- end }}
{{- with include "workload.volumes" . }}
volumes:
  {{- . | nindent 2 }}
{{- end }}
{{- if not (kindIs "invalid" .Values.terminationGracePeriodSeconds) }}
terminationGracePeriodSeconds: {{ .Values.terminationGracePeriodSeconds | int }}
{{- end }}
{{- with .Values.podSecurityContext }}
securityContext:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with include "workload.present" .Values.nodeSelector }}
nodeSelector:
  {{- . | nindent 2 }}
{{- end }}
{{- with include "workload.tolerations" .Values.tolerations }}
tolerations:
  {{- . | nindent 2 }}
{{- end }}
{{- with .Values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with include "workload.present" .Values.podSpec }}
{{ . }}
{{- end }}
{{- end }}

{{/*
In: the root context. Out: the name of the main container.
*/}}
{{- define "workload.containerName" -}}
{{ .Values.containerName | default (include "workload.app" .) }}
{{- end }}

{{/*
Sidecars or init containers.
In: `containers` (a map by name) and `root`. Out: YAML of the list in the order of the names, or nothing.
*/}}
{{- define "workload.containers" -}}
{{- range $name, $spec := .containers }}
{{- if $spec }}
- {{ include "workload.container" (dict "name" $name "spec" $spec "root" $.root "main" false) | indent 2 | trim }}
{{- end }}
{{- end }}
{{- end }}

{{/*
In: a map by any key of tolerations, or a list as Kubernetes writes it. Out: YAML of the list, or nothing.
*/}}
{{- define "workload.tolerations" -}}
{{- $list := . -}}
{{- if kindIs "map" . -}}
  {{- $list = list -}}
  {{- range $key, $toleration := . -}}
    {{- if $toleration -}}
      {{- $list = append $list $toleration -}}
    {{- end -}}
  {{- end -}}
{{- end -}}
{{- with $list -}}
{{ toYaml . }}
{{- end -}}
{{- end }}
