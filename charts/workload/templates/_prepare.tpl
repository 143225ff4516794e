{{/*
Refuses values that contradict each other, then fills in what they leave unsaid. Every template of a workload kind
begins with it, and only that of the chosen kind runs.
In: the root context. Out: nothing; changes the values.
*/}}
{{- define "workload.prepare" -}}
{{- include "workload.check" . -}}
{{- include "workload.prepare.stop" . -}}
{{- include "workload.prepare.logging" . -}}
{{- include "workload.prune" .Values -}}
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
{{- if and .Values.ports (not (or $job $removed $said)) -}}
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
{{- with $values.sidecars.logging -}}
  {{- $preset := deepCopy ($values.loggingSidecar | default dict) -}}
  {{- $container := $preset.container | default dict -}}
  {{- include "workload.overlay" (dict "base" $container "over" .) -}}
  {{- $_ := set $values.sidecars "logging" $container -}}
  {{- include "workload.prepare.volumes" (dict "values" $values "preset" $preset) -}}
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
