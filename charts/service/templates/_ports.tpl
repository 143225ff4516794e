{{/*
The ports of the Service, derived from those of the container.
In: the root context. Out: YAML of the list, or nothing. `service: false` keeps a port inside the pod, and
`service: 80` gives it another number; a port without a number of its own listens where the container does.
*/}}
{{- define "service.ports" -}}
{{- $list := list -}}
{{- range $name, $port := include "service.portMap" .Values.ports | fromYaml -}}
  {{- if ne (toString $port.service) "false" -}}
    {{- $number := $port.service | default $port.containerPort -}}
    {{- if kindIs "bool" $number -}}
      {{- $number = $port.containerPort -}}
    {{- end -}}
    {{- $entry := dict "name" $name "port" (int $number) "targetPort" $name -}}
    {{- with $port.protocol }}{{ $_ := set $entry "protocol" . }}{{ end -}}
    {{- with $port.appProtocol }}{{ $_ := set $entry "appProtocol" . }}{{ end -}}
    {{- with $port.nodePort }}{{ $_ := set $entry "nodePort" (int .) }}{{ end -}}
    {{- $list = append $list $entry -}}
  {{- end -}}
{{- end -}}
{{- with $list -}}
{{ toYaml . }}
{{- end -}}
{{- end }}

{{/*
The ports of the values as one shape.
In: a map by name of a number or a map, or a list as Kubernetes writes it. Out: YAML of a map by name of maps with
`containerPort`, without those that are null.
*/}}
{{- define "service.portMap" -}}
{{- $ports := dict -}}
{{- if kindIs "slice" . -}}
  {{- range . -}}
    {{- $_ := set $ports (.name | default (printf "port-%d" (int .containerPort))) . -}}
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
