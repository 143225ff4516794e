{{/*
What to scale by: `cpu` and `memory`, then `metrics`.
In: the values of autoscaling. 70 and 70% are percent of the request; text such as 500m or 1Gi is an amount for each pod.
Out: YAML of the list of metrics, or nothing.
*/}}
{{- define "workload.metrics" -}}
{{- $metrics := list -}}
{{- range $name, $aim := pick . "cpu" "memory" -}}
  {{- $target := dict "type" "Utilization" "averageUtilization" (toString $aim | trimSuffix "%" | int) -}}
  {{- if and (kindIs "string" $aim) (not (hasSuffix "%" $aim)) -}}
    {{- $target = dict "type" "AverageValue" "averageValue" $aim -}}
  {{- end -}}
  {{- $metrics = append $metrics (dict "type" "Resource" "resource" (dict "name" $name "target" $target)) -}}
{{- end -}}
{{- range .metrics }}{{ $metrics = append $metrics . }}{{ end -}}
{{- with $metrics -}}
{{ toYaml . }}
{{- end -}}
{{- end }}

{{/*
In: the values of autoscaling. Out: nothing, or an error.
*/}}
{{- define "workload.check.autoscaling" -}}
{{- range $bound := list "min" "max" -}}
  {{- if kindIs "invalid" (index $ $bound) -}}
    {{- fail (printf "autoscaling: say the fewest and the most pods, as in `autoscaling: {min: 2, max: 10, cpu: 70}` (%s is missing)" $bound) -}}
  {{- end -}}
{{- end -}}
{{- if gt (int .min) (int .max) -}}
  {{- fail (printf "autoscaling: min (%d) is over max (%d)" (int .min) (int .max)) -}}
{{- end -}}
{{- end }}
