{{/*
The ports of a Service.
In: `root` and `service` (the values of the Service). Its `ports` say them, as a map by name or as a list that
Kubernetes understands; without them the container's ports are taken, but those with `service: false`.
Out: YAML of the list, or nothing.
*/}}
{{- define "service.ports" -}}
{{- $container := include "service.containerPorts" .root.Values.ports | fromYaml -}}
{{- $wanted := .service.ports -}}
{{- if kindIs "invalid" $wanted -}}
  {{- $wanted = dict -}}
  {{- range $name, $port := $container -}}
    {{- if ne (toString $port.service) "false" }}{{ $_ := set $wanted $name dict }}{{ end -}}
  {{- end -}}
{{- end -}}
{{- if kindIs "map" $wanted -}}
  {{- $list := list -}}
  {{- range $name, $port := include "service.present" $wanted | fromYaml -}}
    {{- $in := dict "name" $name "port" $port "container" (get $container $name | default dict) "type" $.service.type -}}
    {{- $list = append $list (include "service.port" $in | fromYaml) -}}
  {{- end -}}
  {{- $wanted = $list -}}
{{- end -}}
{{- with $wanted -}}
{{ toYaml . }}
{{- end -}}
{{- end }}

{{/*
One port of a Service.
In: `name`, `port` (a number, or a map of fields), `container` (the container's port of that name, or an empty map)
and `type` (of the Service). The number is the port's own, else what `service` of the container's port says, else the
container's. It leads to the container's port of the same name, or of the same number when that has no name. Out: YAML of a map.
*/}}
{{- define "service.port" -}}
{{- $entry := pick .container "protocol" "appProtocol" -}}
{{- $_ := set $entry "name" .name -}}
{{- with .container.containerPort -}}
  {{- $_ := set $entry "targetPort" (ternary . $.name (eq (toString $.container.unnamed) "true")) -}}
  {{- $_ := set $entry "port" (ternary . $.container.service (kindIs "bool" ($.container.service | default true))) -}}
{{- end -}}
{{- if and .container.nodePort (has .type (list "NodePort" "LoadBalancer")) -}}
  {{- $_ := set $entry "nodePort" .container.nodePort -}}
{{- end -}}
{{- if kindIs "map" .port -}}
  {{- $entry = include "service.over" (dict "base" $entry "over" .port) | fromYaml -}}
{{- else -}}
  {{- $_ := set $entry "port" .port -}}
{{- end -}}
{{- if not $entry.port -}}
  {{- fail (printf "the port `%s` of a Service has no number, and the container has no port of that name" .name) -}}
{{- end -}}
{{- toYaml $entry -}}
{{- end }}

{{/*
The ports of the container as one shape.
In: a map by name of a number or a map, or a list as Kubernetes writes it. Out: YAML of a map by name of maps with
`containerPort`, without those that are null; `unnamed` marks one that the container gives no name.
*/}}
{{- define "service.containerPorts" -}}
{{- $ports := dict -}}
{{- if kindIs "slice" . -}}
  {{- range . -}}
    {{- $name := .name | default (printf "port-%d" (int .containerPort)) -}}
    {{- $_ := set $ports $name (merge (dict "unnamed" (empty .name)) .) -}}
  {{- end -}}
{{- else -}}
  {{- range $name, $port := . -}}
    {{- if kindIs "map" $port -}}
      {{- $_ := set $ports $name $port -}}
    {{- else if $port -}}
      {{- $_ := set $ports $name (dict "containerPort" $port) -}}
    {{- end -}}
  {{- end -}}
{{- end -}}
{{- toYaml $ports -}}
{{- end }}

{{/*
Refuses the ports of a Service that Kubernetes would refuse, and those that would lead nowhere.
In: `root`, `service` (the values of the Service) and `spec` (what was computed). Out: nothing, or an error.
*/}}
{{- define "service.checkPorts" -}}
{{- $names := dict -}}
{{- $numbers := dict -}}
{{- $known := include "service.podPorts" .root | fromYaml -}}
{{- $own := false -}}
{{- with .spec.selector -}}
  {{- $own = or (not $.service.selector) (eq (toYaml .) (merge (dict) (include "service.pods" $.root | fromYaml) . | toYaml)) -}}
{{- end -}}
{{- range .spec.ports -}}
  {{- $name := .name | default "" -}}
  {{- $number := printf "%v/%s" .port (.protocol | default "TCP") -}}
  {{- if and (not $name) (gt (len $.spec.ports) 1) -}}
    {{- fail (printf "the port %v of a Service needs a name, for the Service has several ports" .port) -}}
  {{- else if hasKey $names $name -}}
    {{- fail (printf "two ports of a Service have the name `%s`" $name) -}}
  {{- else if hasKey $numbers $number -}}
    {{- fail (printf "the ports `%s` and `%s` of a Service are both %s" (get $numbers $number) $name $number) -}}
  {{- end -}}
  {{- $_ := set $names $name true -}}
  {{- $_ := set $numbers $number $name -}}
  {{- if and .targetPort $known $own (not (hasKey $known (toString .targetPort))) -}}
    {{- $have := keys $known | sortAlpha | join ", " -}}
    {{- $way := "a port that `ports` does not say can be said there with `service: false`" -}}
    {{- fail (printf "the port `%s` of a Service leads to %v, which no container has (they have: %s); %s" $name .targetPort $have $way) -}}
  {{- end -}}
{{- end -}}
{{- end }}

{{/*
The ports of all containers of the pod.
In: the root context. Out: YAML of a map with their names and numbers as keys, or nothing when no container says one.
*/}}
{{- define "service.podPorts" -}}
{{- $ports := dict -}}
{{- $containers := list .Values -}}
{{- range $name, $sidecar := .Values.sidecars -}}
  {{- if kindIs "map" $sidecar }}{{ $containers = append $containers $sidecar }}{{ end -}}
{{- end -}}
{{- range $containers -}}
  {{- range $name, $port := include "service.containerPorts" .ports | fromYaml -}}
    {{- $_ := set $ports (toString $port.containerPort) true -}}
    {{- if ne (toString $port.unnamed) "true" }}{{ $_ := set $ports $name true }}{{ end -}}
  {{- end -}}
{{- end -}}
{{- with $ports -}}
{{ toYaml . }}
{{- end -}}
{{- end }}
