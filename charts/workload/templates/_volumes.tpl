{{/*
The volumes of the pod: those of the values, and one for each ConfigMap and each claim of the chart that a container
mounts.
In: the root context. Out: YAML of the list, or nothing.
*/}}
{{- define "workload.volumes" -}}
{{- $volumes := dict -}}
{{- range $key, $config := include "workload.usedConfigMaps" . | fromYaml -}}
  {{- if $config.volume -}}
    {{- $_ := set $volumes $key (dict "configMap" $config.volume) -}}
  {{- end -}}
{{- end -}}
{{- with .Values.persistentVolumeClaims -}}
  {{- $mounted := include "workload.mountedVolumes" $ | fromYaml -}}
  {{- range $key, $claim := . -}}
    {{- $block := eq (include "workload.claimSpec" (dict "place" "persistentVolumeClaims" "name" $key "claim" $claim) | fromYaml).volumeMode "Block" -}}
    {{- if not (or $block (hasKey $mounted $key)) -}}
      {{- fail (printf "persistentVolumeClaims.%s: no container mounts it; say `mountPath`, or its key in `volumeMounts`" $key) -}}
    {{- else -}}
      {{- $name := include "workload.claimName" (dict "key" $key "claim" $claim "root" $) -}}
      {{- $_ := set $volumes $key (dict "persistentVolumeClaim" (dict "claimName" $name)) -}}
    {{- end -}}
  {{- end -}}
{{- end -}}
{{- if kindIs "slice" .Values.volumes -}}
  {{- with concat .Values.volumes (include "workload.keyed" (dict "items" $volumes "key" "name") | fromYamlArray) -}}
{{ toYaml . }}
  {{- end -}}
{{- else -}}
  {{- range $key, $volume := .Values.volumes }}{{ $_ := set $volumes $key $volume }}{{ end -}}
  {{- include "workload.keyed" (dict "items" $volumes "key" "name") -}}
{{- end -}}
{{- end }}

{{/*
The ConfigMaps of the chart that the pod uses, with all that must roll it.
In: the root context. Out: YAML of a map by key of `{name, data, binaryData, volume, unwatched}`, where `volume` is the
source of the volume if a container mounts it, and `unwatched` says that its content rolls no pod.
*/}}
{{- define "workload.usedConfigMaps" -}}
{{- $mounted := include "workload.mountedVolumes" . | fromYaml -}}
{{- $used := dict -}}
{{- range $key, $config := .Values.configMaps -}}
  {{- if not $config -}}
  {{- else if or $config.mountPath $config.mounts $config.envFrom (hasKey $mounted $key) -}}
    {{- $name := include "workload.configMapName" (dict "key" $key "config" $config "root" $) -}}
    {{- $entry := merge (dict "name" $name) (pick $config "data" "binaryData") -}}
    {{- if eq (toString $config.checksum) "false" }}{{ $_ := set $entry "unwatched" true }}{{ end -}}
    {{- if or $config.mountPath $config.mounts (hasKey $mounted $key) -}}
      {{- $_ := set $entry "volume" (merge (dict "name" $name) (pick $config "defaultMode" "items")) -}}
    {{- end -}}
    {{- $_ := set $used $key $entry -}}
  {{- end -}}
{{- end -}}
{{- toYaml $used -}}
{{- end }}

{{/*
In: the root context. Out: YAML of a map whose keys are the volumes that the containers say they mount.
*/}}
{{- define "workload.mountedVolumes" -}}
{{- $names := dict -}}
{{- $containers := list .Values -}}
{{- range $group := list .Values.sidecars .Values.initContainers -}}
  {{- range $group }}{{ $containers = append $containers . }}{{ end -}}
{{- end -}}
{{- range $containers -}}
  {{- range .volumeMounts }}{{ $_ := set $names .name true }}{{ end -}}
{{- end -}}
{{- toYaml $names -}}
{{- end }}

{{/*
In: the root context. Out: YAML of a map whose keys are the volumes that a container of the pod can mount.
*/}}
{{- define "workload.volumeNames" -}}
{{- $names := dict -}}
{{- range $field := list "configMaps" "persistentVolumeClaims" "volumeClaimTemplates" "volumes" -}}
  {{- range $key, $item := index $.Values $field -}}
    {{- if kindIs "string" $key -}}
      {{- $_ := set $names $key true -}}
    {{- else -}}
      {{- $_ := set $names ($item.name | default (dig "metadata" "name" "" $item)) true -}}
    {{- end -}}
  {{- end -}}
{{- end -}}
{{- toYaml $names -}}
{{- end }}

{{/*
The mounts of a container; the main container also mounts the ConfigMaps and claims that say where.
In: `spec` (volumeMounts: a map by key of a path, or of `{mountPath, volume, subPath ...}` where `volume` defaults to
the key; or a list as Kubernetes writes it), `root`, `main`. Out: YAML of the list.
*/}}
{{- define "workload.volumeMounts" -}}
{{- $mounts := include "workload.mountList" (dict "mounts" .spec.volumeMounts) | fromYamlArray -}}
{{- if .main -}}
  {{- range $key, $claim := .root.Values.persistentVolumeClaims -}}
    {{- if kindIs "map" $claim -}}
      {{- with $claim.mountPath }}{{ $mounts = append $mounts (merge (dict "name" $key) (pick $claim "mountPath" "subPath")) }}{{ end -}}
    {{- end -}}
  {{- end -}}
  {{- range $key, $config := .root.Values.configMaps -}}
    {{- range $mount := include "workload.configMounts" $config | fromYamlArray -}}
      {{- $mounts = append $mounts (merge (dict "name" $key "readOnly" true) $mount) -}}
    {{- end -}}
  {{- end -}}
{{- end -}}
{{- toYaml $mounts -}}
{{- end }}

{{/*
In: `mounts`: a map by key, or a list as Kubernetes writes it. Out: YAML of the list of mounts in the order of the
keys, each with the `name` of its volume: `volume`, else the key.
*/}}
{{- define "workload.mountList" -}}
{{- $list := list -}}
{{- range $key, $mount := .mounts -}}
  {{- if kindIs "slice" $.mounts -}}
    {{- $list = append $list $mount -}}
  {{- else if kindIs "string" $mount -}}
    {{- $list = append $list (dict "name" $key "mountPath" $mount) -}}
  {{- else if $mount -}}
    {{- $list = append $list (merge (dict "name" ($mount.volume | default $key)) (omit $mount "volume")) -}}
  {{- end -}}
{{- end -}}
{{- toYaml $list -}}
{{- end }}

{{/*
Where the main container mounts a ConfigMap.
In: an entry of configMaps: `mountPath` (with `subPath`) for one place, `mounts` for several, a map by file name of
paths or by any key of `{mountPath, subPath}`. Out: YAML of the list of mounts without names.
*/}}
{{- define "workload.configMounts" -}}
{{- $list := list -}}
{{- if .mountPath -}}
  {{- $list = append $list (pick . "mountPath" "subPath") -}}
{{- end -}}
{{- range $file, $mount := .mounts -}}
  {{- if kindIs "string" $mount -}}
    {{- $list = append $list (dict "mountPath" $mount "subPath" $file) -}}
  {{- else if $mount -}}
    {{- $list = append $list $mount -}}
  {{- end -}}
{{- end -}}
{{- toYaml $list -}}
{{- end }}
