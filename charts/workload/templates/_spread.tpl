{{/*
How the pods spread over nodes and zones: those of `spread`, then those of `topologySpread`.
In: the root context. Out: YAML of the list of constraints, or nothing. The selector is filled in where none is said.
*/}}
{{- define "workload.topologySpread" -}}
{{- $constraints := list -}}
{{- $spread := .Values.spread -}}
{{- if kindIs "string" $spread -}}
  {{- $spread = dict "node" $spread "zone" $spread -}}
{{- end -}}
{{- $keys := dict "node" "kubernetes.io/hostname" "zone" "topology.kubernetes.io/zone" -}}
{{- range $over, $how := $spread -}}
  {{- $unsatisfiable := eq $how "hard" | ternary "DoNotSchedule" "ScheduleAnyway" -}}
  {{- $constraints = append $constraints (dict "topologyKey" (index $keys $over) "whenUnsatisfiable" $unsatisfiable) -}}
{{- end -}}
{{- range .Values.topologySpread -}}
  {{- $constraints = append $constraints . -}}
{{- end -}}
{{- $selector := dict "matchLabels" (include "workload.selector" . | fromYaml) -}}
{{- $defaults := dict "maxSkew" 1 "whenUnsatisfiable" "ScheduleAnyway" -}}
{{- $list := list -}}
{{- range $constraints -}}
  {{- $constraint := merge (dict) . $defaults -}}
  {{- if not .labelSelector }}{{ $_ := set $constraint "labelSelector" $selector }}{{ end -}}
  {{- $list = append $list $constraint -}}
{{- end -}}
{{- with $list -}}
{{ toYaml . }}
{{- end -}}
{{- end }}
