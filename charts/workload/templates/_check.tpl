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
{{- if and .Values.autoscaling (not (kindIs "invalid" .Values.replicas)) -}}
  {{- $or := "`replicas: null` leaves their number to it, `autoscaling: null` fixes the number" -}}
  {{- fail (printf "replicas: %d has no effect beside `autoscaling`: %s" (int .Values.replicas) $or) -}}
{{- end -}}
{{- include "workload.check.name" . -}}
{{- include "workload.check.strategy" . -}}
{{- include "workload.check.pod" . -}}
{{- end }}

{{/*
Refuses names that Kubernetes would refuse, or whose pods it would.
In: the root context. Out: nothing, or an error.
*/}}
{{- define "workload.check.name" -}}
{{- if contains "." (include "workload.app" .) -}}
  {{- fail (printf "name: %s, the name of the release, has a dot, which services and containers may not; say `name`" .Release.Name) -}}
{{- end -}}
{{- $name := include "workload.name" . -}}
{{- $most := index (dict "CronJob" 52 "Job" 63 "StatefulSet" 52) .Values.kind -}}
{{- if and $most (gt (len $name) $most) -}}
  {{- fail (printf "name: %s is too long: a %s has at most %d characters, for Kubernetes makes labels of it" $name .Values.kind $most) -}}
{{- end -}}
{{- end }}

{{/*
Refuses a strategy that the kind does not know, or that could never replace a pod.
In: the root context. Out: nothing, or an error.
*/}}
{{- define "workload.check.strategy" -}}
{{- $kind := .Values.kind -}}
{{- $strategy := kindIs "map" .Values.strategy | ternary .Values.strategy (dict "type" .Values.strategy) -}}
{{- $type := $strategy.type | default "RollingUpdate" -}}
{{- if eq $type (eq $kind "Deployment" | ternary "OnDelete" "Recreate") -}}
  {{- fail (printf "strategy: a %s knows no %s" $kind $type) -}}
{{- else if and $strategy.rollingUpdate (ne $type "RollingUpdate") -}}
  {{- fail (printf "strategy: %s has no rollingUpdate (null takes it away)" $type) -}}
{{- end -}}
{{- $rolling := $strategy.rollingUpdate | default dict -}}
{{- $unknown := eq $kind "StatefulSet" | ternary "maxSurge" "partition" -}}
{{- if not (kindIs "invalid" (index $rolling $unknown)) -}}
  {{- fail (printf "strategy: the rolling update of a %s knows no %s" $kind $unknown) -}}
{{- end -}}
{{- $none := list "0" "0%" -}}
{{- $surge := kindIs "invalid" $rolling.maxSurge | ternary (eq $kind "Deployment" | ternary "25%" "0") $rolling.maxSurge | toString -}}
{{- $missing := kindIs "invalid" $rolling.maxUnavailable | ternary "1" $rolling.maxUnavailable | toString -}}
{{- if and (has $surge $none) (has $missing $none) -}}
  {{- fail "strategy: with neither maxSurge nor maxUnavailable no pod could be replaced" -}}
{{- else if and (eq $kind "DaemonSet") (not (has $surge $none)) (not (has $missing $none)) -}}
  {{- fail "strategy: a DaemonSet with maxSurge needs `maxUnavailable: 0`" -}}
{{- end -}}
{{- end }}

{{/*
Refuses what Kubernetes would only refuse in the cluster, or never run.
In: the root context. Out: nothing, or an error.
*/}}
{{- define "workload.check.pod" -}}
{{- $selector := include "workload.selector" . | fromYaml -}}
{{- if not (omit $selector "track") -}}
  {{- fail "selectorLabels: without `app`, say the labels in its place, as in `selectorLabels: {app: null, app.kubernetes.io/name: carts}`" -}}
{{- end -}}
{{- range $field := list "labels" "podLabels" -}}
  {{- range $key, $value := index $.Values $field -}}
    {{- if and (hasKey $selector $key) (ne (index $selector $key) ($value | default "")) -}}
      {{- fail (printf "%s: %s is %q in the selector and cannot be %s; say `name` or `selectorLabels`" $field $key (index $selector $key) (toJson $value)) -}}
    {{- end -}}
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
{{- if and (not (kindIs "invalid" $grace)) $sleep (ge $sleep (int $grace)) -}}
  {{- fail (printf "terminationGracePeriodSeconds: %d is over before the sleep of %d seconds (preStopSleepSeconds) that precedes SIGTERM" (int $grace) $sleep) -}}
{{- end -}}
{{- end }}

{{/*
Refuses settings of an account that nobody makes.
In: the values of the service account. Out: nothing, or an error.
*/}}
{{- define "workload.check.account" -}}
{{- if not .create -}}
  {{- range $key, $value := . -}}
    {{- if and (or $value (kindIs "bool" $value)) (ne $key "create") -}}
      {{- fail (printf "serviceAccount: %s has no effect without `create: true`; `serviceAccount: null` is for pods without an account of their own" $key) -}}
    {{- end -}}
  {{- end -}}
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
{{- $stay := int $min -}}
{{- if hasSuffix "%" (toString $min) -}}
  {{- $stay = div (add 99 (mul $pods (trimSuffix "%" $min | int))) 100 -}}
{{- end -}}
{{- if has (toString $max) (list "0" "0%") -}}
  {{- fail (printf "disruptionBudget: maxUnavailable %v lets no pod go: no node could be drained" $max) -}}
{{- else if eq (toString $min) "100%" -}}
  {{- fail "disruptionBudget: minAvailable 100% lets no pod go: no node could be drained" -}}
{{- else if and (not (kindIs "invalid" $min)) (ge $stay $pods) (gt $pods 0) -}}
  {{- fail (printf "disruptionBudget: minAvailable %v of %d pods lets none go: no node could be drained" $min $pods) -}}
{{- end -}}
{{- end }}
