{{/*
Refuses values that contradict each other.
In: the root context. Out: nothing, or an error in plain words.
*/}}
{{- define "workload.check" -}}
{{- $kinds := dict
  "autoscaling" (list "Deployment" "StatefulSet")
  "cron" (list "CronJob")
  "disruptionBudget" (list "Deployment" "StatefulSet")
  "job" (list "CronJob" "Job")
  "minReadySeconds" (list "DaemonSet" "Deployment" "StatefulSet")
  "ordinals" (list "StatefulSet")
  "paused" (list "Deployment")
  "persistentVolumeClaimRetentionPolicy" (list "StatefulSet")
  "podManagementPolicy" (list "StatefulSet")
  "progressDeadlineSeconds" (list "Deployment")
  "replicas" (list "Deployment" "StatefulSet")
  "revisionHistoryLimit" (list "DaemonSet" "Deployment" "StatefulSet")
  "serviceName" (list "StatefulSet")
  "strategy" (list "DaemonSet" "Deployment" "StatefulSet")
  "volumeClaimTemplates" (list "StatefulSet")
-}}
{{- range $key, $fits := $kinds -}}
  {{- if and (not (kindIs "invalid" (index $.Values $key))) (not (has $.Values.kind $fits)) -}}
    {{- fail (printf "%s: a %s has none; it is for %s (null takes it away)" $key $.Values.kind (join " and " $fits)) -}}
  {{- end -}}
{{- end -}}
{{- $strategy := kindIs "map" .Values.strategy | ternary .Values.strategy (dict "type" .Values.strategy) -}}
{{- if eq (toString $strategy.type) (eq .Values.kind "Deployment" | ternary "OnDelete" "Recreate") -}}
  {{- fail (printf "strategy: a %s knows no %s" .Values.kind $strategy.type) -}}
{{- end -}}
{{- if and (eq .Values.kind "CronJob") (gt (include "workload.name" . | len) 52) -}}
  {{- fail (printf "name: %s is too long: Kubernetes allows a CronJob 52 characters, for its Jobs add 11" (include "workload.name" .)) -}}
{{- end -}}
{{- include "workload.check.pod" . -}}
{{- end }}

{{/*
Refuses what Kubernetes would only refuse in the cluster, or never run.
In: the root context. Out: nothing, or an error.
*/}}
{{- define "workload.check.pod" -}}
{{- $selector := include "workload.selector" . | fromYaml -}}
{{- range $key, $value := merge (dict) (.Values.podLabels | default dict) (.Values.labels | default dict) -}}
  {{- if ne (index $selector $key | default $value | toString) (toString $value) -}}
    {{- fail (printf "labels: %s is %q in the selector and cannot be %q; say `name` or `selectorLabels`" $key (index $selector $key) $value) -}}
  {{- end -}}
{{- end -}}
{{- $job := has .Values.kind (list "CronJob" "Job") -}}
{{- $restart := .Values.restartPolicy | default ($job | ternary "Never" "Always") -}}
{{- if and $job (eq $restart "Always") -}}
  {{- fail (printf "restartPolicy: a %s that always restarts would never end; say Never or OnFailure" .Values.kind) -}}
{{- else if and (not $job) (ne $restart "Always") -}}
  {{- fail (printf "restartPolicy: the pods of a %s always restart; %s is for CronJob and Job" .Values.kind $restart) -}}
{{- end -}}
{{- $sleep := include "workload.defaultSleep" . | int -}}
{{- $grace := .Values.terminationGracePeriodSeconds -}}
{{- if and $grace (ge $sleep (int $grace)) -}}
  {{- fail (printf "terminationGracePeriodSeconds: %d is over before the sleep of %d seconds (preStopSleepSeconds) that precedes SIGTERM" (int $grace) $sleep) -}}
{{- end -}}
{{- end }}

{{/*
Refuses a budget that Kubernetes would refuse, or that would block every drain of a node.
In: the root context. Out: nothing, or an error.
*/}}
{{- define "workload.check.disruptionBudget" -}}
{{- $budget := .Values.disruptionBudget -}}
{{- $min := $budget.minAvailable -}}
{{- $max := $budget.maxUnavailable -}}
{{- if eq (kindIs "invalid" $min) (kindIs "invalid" $max) -}}
  {{- fail "disruptionBudget: say either minAvailable or maxUnavailable (null takes one away)" -}}
{{- end -}}
{{- $pods := include "workload.replicas" . | int -}}
{{- with .Values.autoscaling }}{{ $pods = int .min }}{{ end -}}
{{- if has (toString $max) (list "0" "0%") -}}
  {{- fail (printf "disruptionBudget: maxUnavailable %v lets no pod go: no node could be drained" $max) -}}
{{- else if eq (toString $min) "100%" -}}
  {{- fail "disruptionBudget: minAvailable 100% lets no pod go: no node could be drained" -}}
{{- else if and (not (kindIs "invalid" $min)) (not (kindIs "string" $min)) (ge (int $min) $pods) (gt $pods 0) -}}
  {{- fail (printf "disruptionBudget: minAvailable %d of %d pods lets none go: no node could be drained" (int $min) $pods) -}}
{{- end -}}
{{- end }}
