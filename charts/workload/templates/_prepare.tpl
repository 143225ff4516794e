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
The end of a pod that serves: it sleeps until nobody sends to it any more, and then has 30 seconds to finish. Not for
jobs, nor where no port is, nor where `lifecycle.preStop` says something else, be it null.
In: the root context. Out: nothing; changes the values.
*/}}
{{- define "workload.prepare.stop" -}}
{{- $values := .Values -}}
{{- $serves := and $values.ports (not (has $values.kind (list "Job" "CronJob"))) -}}
{{- $lifecycle := $values.lifecycle | default dict -}}
{{- if and $serves $values.preStopSleepSeconds (not (hasKey $lifecycle "preStop")) -}}
  {{- $seconds := int $values.preStopSleepSeconds -}}
  {{- $_ := set $lifecycle "preStop" (dict "sleep" (dict "seconds" $seconds)) -}}
  {{- $_ := set $values "lifecycle" $lifecycle -}}
  {{- if not (hasKey $values "terminationGracePeriodSeconds") -}}
    {{- $_ := set $values "terminationGracePeriodSeconds" (add $seconds 30) -}}
  {{- end -}}
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
