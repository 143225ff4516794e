{{/*
The Services of the app.
In: the root context. `service` is its own, null takes it away; `services` are more by key. A Job has one of its own only
if `service` says something. A StatefulSet without `serviceName` gets a headless one called `headless`, unless another of
its Services is headless (`workload.serviceName` of the workload chart).
Out: YAML of a map of their values by key, the app's own under the empty key.
*/}}
{{- define "service.services" -}}
{{- $services := include "service.present" .Values.services | fromYaml -}}
{{- if kindIs "map" .Values.service -}}
  {{- if or .Values.service (not (has .Values.kind (list "CronJob" "Job"))) -}}
    {{- $_ := set $services "" .Values.service -}}
  {{- end -}}
{{- end -}}
{{- if and (eq (toString .Values.kind) "StatefulSet") (not .Values.serviceName) -}}
  {{- $headless := false -}}
  {{- range $services }}{{ $headless = or $headless .headless }}{{ end -}}
  {{- if not $headless -}}
    {{- $base := dict "headless" true "spec" (dict "publishNotReadyAddresses" true) -}}
    {{- $_ := set $services "headless" (include "service.over" (dict "base" $base "over" $services.headless) | fromYaml) -}}
  {{- end -}}
{{- end -}}
{{- toYaml $services -}}
{{- end }}

{{/*
The spec of a Service.
In: `root` and `service` (its values). Out: YAML of a map; nothing when the Service would lead nowhere: neither ports,
nor headless, nor the name of another host.
*/}}
{{- define "service.serviceSpec" -}}
{{- $service := .service -}}
{{- $spec := dict "type" ($service.type | default (ternary "ExternalName" "ClusterIP" (not (empty $service.externalName)))) -}}
{{- $external := eq $spec.type "ExternalName" -}}
{{- if and $external (not $service.externalName) -}}
  {{- fail "a Service of type ExternalName needs `externalName`, the host that it stands for" -}}
{{- else if and $service.externalName (not $external) -}}
  {{- fail (printf "`externalName` is for a Service of type ExternalName, not %s" $spec.type) -}}
{{- end -}}
{{- if and $service.headless (ne $spec.type "ClusterIP") -}}
  {{- fail (printf "a headless Service is of type ClusterIP, not %s" $spec.type) -}}
{{- end -}}
{{- if $external -}}
  {{- $_ := set $spec "externalName" $service.externalName -}}
{{- end -}}
{{- if $service.headless -}}
  {{- $_ := set $spec "clusterIP" "None" -}}
{{- end -}}
{{- if or (not $external) $service.ports -}}
  {{- $_ := set $spec "ports" (include "service.ports" . | fromYamlArray) -}}
{{- end -}}
{{- if or (not $external) $service.selector -}}
  {{- $_ := set $spec "selector" (include "service.selector" (dict "root" .root "selector" $service.selector) | fromYaml) -}}
{{- end -}}
{{- range $field := list "ports" "selector" -}}
  {{- if not (get $spec $field) }}{{ $_ := unset $spec $field }}{{ end -}}
{{- end -}}
{{- include "service.checkPorts" (dict "root" .root "service" $service "spec" $spec) -}}
{{- if or $spec.ports $external $service.headless -}}
{{ toYaml $spec }}
{{- end -}}
{{- end }}
