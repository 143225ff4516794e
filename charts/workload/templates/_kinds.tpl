{{/*
How many pods a Deployment or StatefulSet has.
In: the root context. Out: a number, 1 where none is said; nothing if something else scales: `autoscaling`, or what
null leaves it to.
*/}}
{{- define "workload.replicas" -}}
{{- if hasKey .Values "replicas" -}}
  {{- if not (or .Values.autoscaling (kindIs "invalid" .Values.replicas)) -}}
{{ .Values.replicas | int }}
  {{- end -}}
{{- else if not .Values.autoscaling -}}
1
{{- end -}}
{{- end }}

{{/*
What a Job and the template of a CronJob have in common.
In: the root context. Out: YAML of a JobSpec.
*/}}
{{- define "workload.jobSpec" -}}
{{- with .Values.job -}}
{{ toYaml . }}
{{ end -}}
template:
  {{- include "workload.podTemplate" . | nindent 2 }}
{{- end }}

{{/*
The volumes that a StatefulSet claims for each pod.
In: the root context; `volumeClaimTemplates` is a map by volume name of a size, or of `{size, storageClassName ...}`
beside any field of the claim, or a list as Kubernetes writes it. Out: YAML of the list, or nothing.
*/}}
{{- define "workload.claimTemplates" -}}
{{- $claims := .Values.volumeClaimTemplates -}}
{{- if kindIs "map" $claims -}}
  {{- $claims = list -}}
  {{- range $name, $claim := .Values.volumeClaimTemplates -}}
    {{- $claim = kindIs "map" $claim | ternary $claim (dict "size" $claim) -}}
    {{- $spec := omit $claim "size" "labels" "annotations" -}}
    {{- if not $claim.resources -}}
      {{- $size := $claim.size | required (printf "volumeClaimTemplates.%s: say the size, as in `size: 10Gi`" $name) -}}
      {{- $_ := set $spec "resources" (dict "requests" (dict "storage" $size)) -}}
    {{- end -}}
    {{- $spec = merge $spec (dict "accessModes" (list "ReadWriteOnce")) -}}
    {{- $metadata := merge (dict "name" $name) (pick $claim "labels" "annotations") -}}
    {{- $claims = append $claims (dict "metadata" $metadata "spec" $spec) -}}
  {{- end -}}
{{- end -}}
{{- with $claims -}}
{{ toYaml . }}
{{- end -}}
{{- end }}
