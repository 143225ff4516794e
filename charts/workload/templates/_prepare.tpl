{{/*
Refuses values that contradict each other, then fills in what they leave unsaid. Every template of a workload kind
begins with it, and only that of the chosen kind runs.
In: the root context. Out: nothing; changes the values.
*/}}
{{- define "workload.prepare" -}}
{{- include "workload.check" . -}}
{{- include "workload.prepare.stop" . -}}
{{- include "workload.prepare.logging" . -}}
{{- if or .Values.podSecurity .Values.containersSecurityContext }}{{ include "workload.prepare.security" . }}{{ end -}}
{{- with .Values.persistentVolumeClaims }}{{ include "workload.prepare.claims" $ }}{{ end -}}
{{- $values := .Values -}}
{{- /* In these a null also takes away what the chart itself would say. */ -}}
{{- $nulls := pick $values "annotations" "labels" "podAnnotations" "podLabels" "replicas" "selectorLabels" | deepCopy -}}
{{- include "workload.prune" $values -}}
{{- range $key, $value := $nulls }}{{ $_ := set $values $key $value }}{{ end -}}
{{- include "workload.prepare.configMaps" . -}}
{{- include "workload.check.volumes" .Values.volumes -}}
{{- include "workload.prepare.containers" . -}}
{{- end }}

{{/*
Writes the files of ConfigMaps that are maps as text.
In: the root context. Out: nothing; changes the values.
*/}}
{{- define "workload.prepare.configMaps" -}}
{{- range $key, $config := .Values.configMaps -}}
  {{- include "workload.prune" $config -}}
  {{- range $file, $content := ($config | default dict).data -}}
    {{- if not (kindIs "map" $content) -}}
    {{- else if hasSuffix ".json" $file -}}
      {{- $_ := set $config.data $file (printf "%s\n" (toPrettyJson $content)) -}}
    {{- else if regexMatch "[.]ya?ml$" $file -}}
      {{- $_ := set $config.data $file (printf "%s\n" (toYaml $content)) -}}
    {{- else -}}
      {{- fail (printf "configMaps.%s: %s is a map; write it as text, for only .yaml, .yml and .json files can be made of one" $key $file) -}}
    {{- end -}}
  {{- end -}}
{{- end -}}
{{- end }}

{{/*
The end of a pod that serves: it sleeps until nobody sends to it any more, and then has 30 seconds to finish.
In: the root context. Out: nothing; changes the values.
*/}}
{{- define "workload.prepare.stop" -}}
{{- $values := .Values -}}
{{- with include "workload.defaultSleep" . | int -}}
  {{- $preStop := dict "sleep" (dict "seconds" .) -}}
  {{- $_ := set $values "lifecycle" (merge (dict "preStop" $preStop) ($values.lifecycle | default dict)) -}}
  {{- if not (hasKey $values "terminationGracePeriodSeconds") -}}
    {{- $_ := set $values "terminationGracePeriodSeconds" (add . 30) -}}
  {{- end -}}
{{- end -}}
{{- end }}

{{/*
How long the main container sleeps before SIGTERM unless the values say otherwise. Jobs serve nobody, nor does a
container without ports; `lifecycle`, or its `preStop`, may say something else, be it null.
In: the root context. Out: seconds, or nothing.
*/}}
{{- define "workload.defaultSleep" -}}
{{- $job := has .Values.kind (list "CronJob" "Job") -}}
{{- $removed := and (hasKey .Values "lifecycle") (kindIs "invalid" .Values.lifecycle) -}}
{{- $said := hasKey (.Values.lifecycle | default dict) "preStop" -}}
{{- $ports := false -}}
{{- range .Values.ports -}}
  {{- if not (kindIs "invalid" .) }}{{ $ports = true }}{{ end -}}
{{- end -}}
{{- if and $ports (not (or $job $removed $said)) -}}
{{ .Values.preStopSleepSeconds | default "" }}
{{- end -}}
{{- end }}

{{/*
The sidecar called logging starts from `loggingSidecar`, and brings its volumes.
In: the root context. Out: nothing; changes the values.
*/}}
{{- define "workload.prepare.logging" -}}
{{- $values := .Values -}}
{{- if kindIs "map" $values.sidecars -}}
{{- if kindIs "map" $values.sidecars.logging -}}
  {{- $preset := deepCopy ($values.loggingSidecar | default dict) -}}
  {{- $container := $preset.container | default dict -}}
  {{- include "workload.overlay" (dict "base" $container "over" $values.sidecars.logging) -}}
  {{- $_ := set $values.sidecars "logging" $container -}}
  {{- include "workload.prepare.volumes" (dict "values" $values "preset" $preset) -}}
{{- end -}}
{{- end -}}
{{- end }}

{{/*
What all containers may do: `podSecurity`, `containersSecurityContext` over it, and the container's own over both.
In: the root context. Out: nothing; changes the values.
*/}}
{{- define "workload.prepare.security" -}}
{{- $values := .Values -}}
{{- $all := dict -}}
{{- if eq (toString $values.podSecurity) "restricted" -}}
  {{- $pod := dict "runAsNonRoot" true "seccompProfile" (dict "type" "RuntimeDefault") -}}
  {{- include "workload.overlay" (dict "base" $pod "over" $values.podSecurityContext) -}}
  {{- $_ := set $values "podSecurityContext" $pod -}}
  {{- $all = dict "allowPrivilegeEscalation" false "capabilities" (dict "drop" (list "ALL")) -}}
{{- end -}}
{{- include "workload.overlay" (dict "base" $all "over" $values.containersSecurityContext) -}}
{{- $containers := list $values -}}
{{- range $group := list $values.sidecars $values.initContainers -}}
  {{- range $group }}{{ $containers = append $containers . }}{{ end -}}
{{- end -}}
{{- range compact $containers -}}
  {{- $own := deepCopy $all -}}
  {{- include "workload.overlay" (dict "base" $own "over" .securityContext) -}}
  {{- $_ := set . "securityContext" $own -}}
{{- end -}}
{{- end }}

{{/*
A disk for one node: its pods cannot take turns on two, so a Deployment stops the old one first unless `strategy` says
otherwise, and more than one are refused.
In: the root context. Out: nothing, or an error; changes the values.
*/}}
{{- define "workload.prepare.claims" -}}
{{- $values := .Values -}}
{{- $job := has $values.kind (list "CronJob" "Job") -}}
{{- $several := or $values.autoscaling (eq $values.kind "DaemonSet") (gt (include "workload.replicas" . | int) 1) (eq (toString $values.track) "canary") -}}
{{- range $key, $claim := $values.persistentVolumeClaims -}}
  {{- if $claim -}}
    {{- range $field := list "configMaps" "volumeClaimTemplates" "volumes" -}}
      {{- $same := index $values $field -}}
      {{- if kindIs "map" $same -}}
        {{- if index $same $key -}}
          {{- fail (printf "persistentVolumeClaims.%s: `%s` has a volume of that name too" $key $field) -}}
        {{- end -}}
      {{- end -}}
    {{- end -}}
    {{- $modes := (include "workload.claimSpec" (dict "place" "persistentVolumeClaims" "name" $key "claim" $claim) | fromYaml).accessModes -}}
    {{- if not (or $job (has "ReadWriteMany" $modes) (has "ReadOnlyMany" $modes)) -}}
      {{- if $several -}}
        {{- $way := "say `accessModes: [ReadWriteMany]`, or give each pod a disk of its own with a StatefulSet and `volumeClaimTemplates`" -}}
        {{- fail (printf "persistentVolumeClaims.%s: %s is for the pods of one node, and there is more than one pod: %s" $key (first $modes) $way) -}}
      {{- end -}}
      {{- if and (eq $values.kind "Deployment") (not $values.strategy) }}{{ $_ := set $values "strategy" "Recreate" }}{{ end -}}
    {{- end -}}
  {{- end -}}
{{- end -}}
{{- end }}

{{/*
Adds the volumes and mounts of a preset below those of the values.
In: `values` and `preset`. Out: nothing; changes the values.
*/}}
{{- define "workload.prepare.volumes" -}}
{{- range $field := list "volumes" "volumeMounts" -}}
  {{- $mine := index $.values $field -}}
  {{- if not (kindIs "slice" $mine) -}}
    {{- $all := deepCopy (index $.preset $field | default dict) -}}
    {{- include "workload.overlay" (dict "base" $all "over" $mine) -}}
    {{- $_ := set $.values $field $all -}}
  {{- end -}}
{{- end -}}
{{- end }}

{{/*
Writes the ports and mounts of every container as Kubernetes does, so that each is read once, and checks them.
In: the root context. Out: nothing; changes the values.
*/}}
{{- define "workload.prepare.containers" -}}
{{- $volumes := include "workload.volumeNames" . | fromYaml -}}
{{- $main := include "workload.containerName" . -}}
{{- $taken := dict $main "the main container" -}}
{{- $job := has .Values.kind (list "CronJob" "Job") -}}
{{- include "workload.prepare.container" (dict "of" $main "spec" .Values "main" true "root" . "volumes" $volumes) -}}
{{- range $group := list "sidecars" "initContainers" -}}
  {{- range $key, $spec := index $.Values $group -}}
    {{- $name := $spec.name | default (kindIs "string" $key | ternary $key "") -}}
    {{- if not $name -}}
      {{- fail (printf "%s: the container at place %v of the list has no name" $group $key) -}}
    {{- else if hasKey $taken $name -}}
      {{- fail (printf "%s.%v: %s has that name already; give it another key, or a `name`" $group $key (index $taken $name)) -}}
    {{- end -}}
    {{- $_ := set $taken $name (printf "%s.%v" $group $key) -}}
    {{- if and $job (eq $group "sidecars") (not (or $spec.completes (eq (toString $spec.restartPolicy) "Always"))) -}}
      {{- $way := "`restartPolicy: Always` makes it a native sidecar, which stops after the main container; `completes: true` says that it ends by itself" -}}
      {{- fail (printf "sidecars.%v: a %s ends when all of its containers have, and this one would go on: %s" $key $.Values.kind $way) -}}
    {{- end -}}
    {{- include "workload.prepare.container" (dict "of" $name "spec" $spec "root" $ "volumes" $volumes) -}}
  {{- end -}}
{{- end -}}
{{- end }}

{{/*
In: `of` (the name of the container), `spec` (the container as the values have it), `main`, `root`, `volumes` (a map
whose keys are the volumes of the pod). Out: nothing; changes the container.
*/}}
{{- define "workload.prepare.container" -}}
{{- if .spec.ports -}}
  {{- $_ := set .spec "ports" (include "workload.containerPorts" .spec.ports | fromYamlArray) -}}
  {{- include "workload.check.ports" . -}}
{{- end -}}
{{- if or .spec.volumeMounts (and .main (or .root.Values.configMaps .root.Values.persistentVolumeClaims)) -}}
  {{- $_ := set .spec "volumeMounts" (include "workload.volumeMounts" . | fromYamlArray) -}}
  {{- include "workload.check.mounts" . -}}
{{- end -}}
{{- end }}
