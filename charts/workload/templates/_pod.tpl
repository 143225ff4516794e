{{/*
The pod template of every kind of workload.
In: the root context. Out: YAML of a PodTemplateSpec.
*/}}
{{- define "workload.podTemplate" -}}
{{- $labels := include "workload.labels" . | fromYaml -}}
{{- range $key, $value := .Values.podLabels }}{{ $_ := set $labels $key $value }}{{ end -}}
metadata:
  labels:
    {{- include "workload.present" $labels | nindent 4 }}
  {{- with include "workload.podAnnotations" . }}
  annotations:
    {{- . | nindent 4 }}
  {{- end }}
spec:
  {{- include "workload.podSpec" . | nindent 2 }}
{{- end }}

{{/*
The annotations of the pod. A change of a ConfigMap that the pod uses changes the pod, so that it is rolled.
In: the root context. Out: YAML of a map, or nothing.
*/}}
{{- define "workload.podAnnotations" -}}
{{- $used := dict -}}
{{- range $key, $config := include "workload.usedConfigMaps" . | fromYaml -}}
  {{- if not $config.unwatched }}{{ $_ := set $used $key $config }}{{ end -}}
{{- end -}}
{{- $annotations := dict -}}
{{- if $used -}}
  {{- $_ := set $annotations "checksum/config" (toJson $used | sha256sum) -}}
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
{{- with include "workload.serviceAccountName" . -}}
serviceAccountName: {{ toYaml . }}
{{ end -}}
{{- with include "workload.pullSecrets" .Values.imagePullSecrets -}}
imagePullSecrets:
  {{- . | trim | nindent 2 }}
{{ end -}}
{{- if has .Values.kind (list "CronJob" "Job") -}}
restartPolicy: {{ .Values.restartPolicy | default "Never" }}
{{ end -}}
{{- $native := include "workload.containers" (dict "containers" .Values.sidecars "root" . "native" true) -}}
{{- $init := include "workload.containers" (dict "containers" .Values.initContainers "root" .) -}}
{{- with printf "%s%s" $native $init | trim -}}
initContainers:
  {{- . | nindent 2 }}
{{ end -}}
containers:
  - {{ include "workload.container" (dict "name" (include "workload.containerName" .) "spec" .Values "root" . "main" true) | indent 4 | trim }}
  {{- with include "workload.containers" (dict "containers" .Values.sidecars "root" . "native" false) | trim }}
  {{- . | nindent 2 }}
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
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with include "workload.keyed" (dict "items" .Values.tolerations) }}
tolerations:
  {{- . | nindent 2 }}
{{- end }}
{{- with .Values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with include "workload.topologySpread" . }}
topologySpreadConstraints:
  {{- . | nindent 2 }}
{{- end }}
{{- with .Values.podSpec }}
{{ toYaml . }}
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
In: `containers` (a map by name, or a list of them with names, which keeps its order) and `root`; `native` chooses the
sidecars that start before the init containers, true, or those that do not, false.
Out: YAML of the list in the order of `order`, then of the names; or nothing.
*/}}
{{- define "workload.containers" -}}
{{- $sorted := dict -}}
{{- range $name, $spec := .containers -}}
  {{- if kindIs "invalid" $spec -}}
  {{- else if and (hasKey $ "native") (ne $.native (eq ($spec.restartPolicy | default "") "Always")) -}}
  {{- else -}}
    {{- $place := kindIs "slice" $.containers | ternary (printf "%06v" $name) (printf "%06d %v" (int $spec.order) $name) -}}
    {{- $_ := set $sorted $place (dict "name" ($spec.name | default $name) "spec" $spec "root" $.root "main" false) -}}
  {{- end -}}
{{- end -}}
{{- range $sorted }}
- {{ include "workload.container" . | indent 2 | trim }}
{{- end }}
{{- end }}

{{/*
In: names of secrets as a map by any key, or a list of names or of `{name}`. Out: YAML of the list, or nothing.
*/}}
{{- define "workload.pullSecrets" -}}
{{- range . }}
- name: {{ kindIs "map" . | ternary . (dict "name" .) | dig "name" "" | toYaml }}
{{- end }}
{{- end }}
