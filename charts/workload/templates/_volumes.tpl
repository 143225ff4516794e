{{/*
The volumes of the pod: those of the values, and one for each ConfigMap that is mounted.
In: the root context. Out: YAML of the list, or nothing.
*/}}
{{- define "workload.volumes" -}}
{{- if kindIs "slice" .Values.volumes -}}
{{ toYaml .Values.volumes }}
{{- else -}}
  {{- $volumes := dict -}}
  {{- range $key, $config := .Values.configMaps -}}
    {{- if and $config $config.mountPath -}}
      {{- $_ := set $volumes $key (dict "configMap" (dict "name" (printf "%s-%s" (include "workload.name" $) $key))) -}}
    {{- end -}}
  {{- end -}}
  {{- range $key, $volume := .Values.volumes -}}
    {{- $_ := set $volumes $key $volume -}}
  {{- end -}}
  {{- include "workload.keyed" (dict "items" $volumes "key" "name") -}}
{{- end -}}
{{- end }}

{{/*
The mounts of a container; the main container also mounts the ConfigMaps that say where.
In: `spec` (volumeMounts: a map by key of a path, or of `{mountPath, volume, subPath ...}` where `volume` defaults to
the key; or a list as Kubernetes writes it), `root`, `main`. Out: YAML of the list, or nothing.
*/}}
{{- define "workload.volumeMounts" -}}
{{- $mounts := .spec.volumeMounts -}}
{{- if not (kindIs "slice" $mounts) -}}
  {{- $list := list -}}
  {{- range $key, $mount := $mounts -}}
    {{- if kindIs "string" $mount -}}
      {{- $list = append $list (dict "name" $key "mountPath" $mount) -}}
    {{- else if $mount -}}
      {{- $list = append $list (merge (dict "name" ($mount.volume | default $key)) (omit $mount "volume")) -}}
    {{- end -}}
  {{- end -}}
  {{- $mounts = $list -}}
{{- end -}}
{{- if .main -}}
  {{- range $key, $config := .root.Values.configMaps -}}
    {{- if and $config $config.mountPath -}}
      {{- $mount := dict "name" $key "mountPath" $config.mountPath "readOnly" true -}}
      {{- with $config.subPath }}{{ $_ := set $mount "subPath" . }}{{ end -}}
      {{- $mounts = append $mounts $mount -}}
    {{- end -}}
  {{- end -}}
{{- end -}}
{{- with $mounts -}}
{{ toYaml . }}
{{- end -}}
{{- end }}
