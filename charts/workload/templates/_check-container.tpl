{{/*
Refuses two ports of one name or one number.
In: `of` (the name of the container) and `spec`, with its ports as a list. Out: nothing, or an error.
*/}}
{{- define "workload.check.ports" -}}
{{- $seen := dict -}}
{{- range .spec.ports -}}
  {{- $number := printf "%v/%s" .containerPort (.protocol | default "TCP") -}}
  {{- range $same := list .name $number -}}
    {{- if and $same (hasKey $seen $same) -}}
      {{- fail (printf "ports of %s: %s is there twice" $.of $same) -}}
    {{- end -}}
    {{- $_ := set $seen (toString $same) true -}}
  {{- end -}}
{{- end -}}
{{- end }}

{{/*
Refuses two mounts at one path, and mounts of what is no volume.
In: `of` (the name of the container), `spec`, with its mounts as a list, `volumes` (a map by the names of the pod's
volumes). Out: nothing, or an error.
*/}}
{{- define "workload.check.mounts" -}}
{{- $seen := dict -}}
{{- range .spec.volumeMounts -}}
  {{- if hasKey $seen .mountPath -}}
    {{- fail (printf "volumeMounts of %s: two are at %s, of the volumes %s and %s" $.of .mountPath (index $seen .mountPath) .name) -}}
  {{- else if not (hasKey $.volumes .name) -}}
    {{- fail (printf "volumeMounts of %s: there is no volume %s; say it in `volumes`, or name another with `volume`" $.of .name) -}}
  {{- end -}}
  {{- $_ := set $seen .mountPath .name -}}
{{- end -}}
{{- end }}

{{/*
Refuses a probe or a hook that says not exactly one thing to do, or names a port that the container has not.
In: `what` (probe or hook, for messages), `of` (the name of the container), `action` (as Kubernetes writes it) and
`ports` (a list). Out: nothing, or an error.
*/}}
{{- define "workload.check.action" -}}
{{- $said := pick .action "exec" "grpc" "httpGet" "sleep" "tcpSocket" | keys | sortAlpha -}}
{{- if ne (len $said) 1 -}}
  {{- fail (printf "%s of %s: say one thing to do, not %s (null takes one away)" .what .of (join " and " $said | default "none")) -}}
{{- end -}}
{{- $port := dig (first $said) "port" "" .action -}}
{{- if kindIs "string" $port -}}
  {{- $names := list "" -}}
  {{- range .ports }}{{ $names = append $names .name }}{{ end -}}
  {{- if not (has $port $names) -}}
    {{- fail (printf "%s of %s: the container has no port called %s; it has %s" .what .of $port (rest $names | join ", " | default "none")) -}}
  {{- end -}}
{{- end -}}
{{- end }}

{{/*
Refuses a volume with several sources, as when a stack file adds one to another.
In: the volumes as the values have them. Out: nothing, or an error.
*/}}
{{- define "workload.check.volumes" -}}
{{- range $key, $volume := . -}}
  {{- $sources := omit $volume "name" | keys | sortAlpha -}}
  {{- if gt (len $sources) 1 -}}
    {{- fail (printf "volumes.%v: a volume has one source, not %s (null takes one away)" ($volume.name | default $key) (join " and " $sources)) -}}
  {{- end -}}
{{- end -}}
{{- end }}
