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
The headless Service of a StatefulSet: `serviceName`, else one of the values that is headless, the app's own first, else
the one that the service chart makes for it (`service.services` there).
In: the root context. Out: its name.
*/}}
{{- define "workload.serviceName" -}}
{{- $app := include "workload.app" . -}}
{{- $name := .Values.serviceName | default "" -}}
{{- if and (not $name) (kindIs "map" .Values.service) -}}
  {{- if .Values.service.headless }}{{ $name = .Values.service.name | default $app }}{{ end -}}
{{- end -}}
{{- range $key, $service := .Values.services -}}
  {{- if and (not $name) $service -}}
    {{- if $service.headless }}{{ $name = $service.name | default (printf "%s-%s" $app $key) }}{{ end -}}
  {{- end -}}
{{- end -}}
{{ $name | default (printf "%s-headless" $app) }}
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
    {{- $spec := include "workload.claimSpec" (dict "place" "volumeClaimTemplates" "name" $name "claim" $claim) | fromYaml -}}
    {{- $metadata := merge (dict "name" $name) (pick (kindIs "map" $claim | ternary $claim dict) "labels" "annotations") -}}
    {{- $claims = append $claims (dict "metadata" $metadata "spec" $spec) -}}
  {{- end -}}
{{- end -}}
{{- with $claims -}}
{{ toYaml . }}
{{- end -}}
{{- end }}

{{/*
What a claim asks for.
In: `claim` (a size, or `{size, storageClassName ...}` beside any field of the claim), `place` and `name` (for messages).
Out: YAML of the spec.
*/}}
{{- define "workload.claimSpec" -}}
{{- $claim := kindIs "map" .claim | ternary .claim (dict "size" .claim) -}}
{{- $spec := omit $claim "size" "labels" "annotations" "name" "mountPath" "subPath" -}}
{{- if not $claim.resources -}}
  {{- $size := $claim.size | required (printf "%s.%s: say the size, as in `size: 10Gi`" .place .name) -}}
  {{- $_ := set $spec "resources" (dict "requests" (dict "storage" $size)) -}}
{{- end -}}
{{- toYaml (merge $spec (dict "accessModes" (list "ReadWriteOnce"))) -}}
{{- end }}
