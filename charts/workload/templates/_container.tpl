{{/*
A container of the pod.
In: `name`, `spec` (the container as the values have it, prepared; the main container is the values themselves), `root`.
Out: YAML of the container.
*/}}
{{- define "workload.container" -}}
name: {{ toYaml .name }}
image: {{ include "workload.image" . }}
{{- with include "workload.pullPolicy" .spec }}
imagePullPolicy: {{ . }}
{{- end }}
{{- with .spec.command }}
command:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .spec.args }}
args:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .spec.ports }}
ports:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with include "workload.envFrom" . }}
envFrom:
  {{- . | nindent 2 }}
{{- end }}
{{- with include "workload.env" (dict "env" (.spec.env | default dict) "of" .name) }}
env:
  {{- . | trimPrefix "\n" | nindent 2 }}
{{- end }}
{{- with .spec.volumeMounts }}
volumeMounts:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- range $kind := list "startup" "readiness" "liveness" }}
{{- with index ($.spec.probes | default dict) $kind }}
{{ $kind }}Probe:
  {{- include "workload.probe" (dict "probe" . "kind" $kind "of" $.name "ports" $.spec.ports) | nindent 2 }}
{{- end }}
{{- end }}
{{- with .spec.resources }}
resources:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- range $kind, $hook := pick (.spec.lifecycle | default dict) "postStart" "preStop" }}
{{- include "workload.check.action" (dict "what" $kind "of" $.name "action" $hook "ports" $.spec.ports) }}
{{- end }}
{{- with .spec.lifecycle }}
lifecycle:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .spec.securityContext }}
securityContext:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- if and .spec.restartPolicy (not (or .main (.spec.containerSpec | default dict).restartPolicy)) }}
restartPolicy: {{ .spec.restartPolicy }}
{{- end }}
{{- with .spec.containerSpec }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/*
The image of a container, with the tag that the pipeline sets.
In: `name`, `spec`, `root`, `main`. Out: `registry/name:tag` or `registry/name@digest`. Another container with the image
of the main one and no version has the main one's.
*/}}
{{- define "workload.image" -}}
{{- $image := .spec.image -}}
{{- if kindIs "string" $image -}}
  {{- $image = dict "repository" $image -}}
{{- end -}}
{{- $image = $image | default dict -}}
{{- $repository := $image.repository | required (printf "image of %s: say where it comes from, as in `image: registry.example/shop/frontend`" .name) -}}
{{- $tag := include "workload.version" .spec | default $image.tag -}}
{{- $whole := "" -}}
{{- if not (or .main $tag $image.digest) -}}
  {{- $whole = include "workload.ownImage" (dict "repository" $repository "root" .root) -}}
{{- end -}}
{{- if $whole -}}
{{ $whole }}
{{- else if $image.digest -}}
{{ $repository }}@{{ $image.digest }}
{{- else if not $tag -}}
{{ $repository }}
{{- else if regexMatch "(@|:[^/]+$)" $repository -}}
  {{- fail (printf "image of %s: %q has a tag already, and so do the values (%q): keep the tag in `version`" .name $repository $tag) -}}
{{- else -}}
{{ $repository }}:{{ $tag }}
{{- end -}}
{{- end }}

{{/*
In: `repository` (an image without a tag) and `root`. Out: the image of the main container, if that is the same one in
some version; else nothing.
*/}}
{{- define "workload.ownImage" -}}
{{- $own := .root.Values.image -}}
{{- if kindIs "map" $own }}{{ $own = $own.repository }}{{ end -}}
{{- if eq .repository (regexReplaceAll "(:[^/@]+)?(@.*)?$" (toString $own) "") -}}
  {{- include "workload.image" (dict "name" "" "spec" .root.Values "root" .root "main" true) -}}
{{- end -}}
{{- end }}

{{/*
The version of a container. A pipeline may set it to digits alone (`--set version=20250811`), which is exact; in a
file such a number has been through floating point, and 1.10 would have become 1.1.
In: a container as the values have it. Out: its version as text, or nothing.
*/}}
{{- define "workload.version" -}}
{{- if kindIs "float64" .version -}}
  {{- fail (printf "version: %s is a number in the file; write it in quotes" (toJson .version)) -}}
{{- end -}}
{{ .version | default "" }}
{{- end }}

{{/*
In: a container as the values have it. Out: its pull policy, or nothing.
*/}}
{{- define "workload.pullPolicy" -}}
{{- if kindIs "map" .image -}}
{{ .image.pullPolicy | default "" }}
{{- end -}}
{{- end }}

{{/*
The ports of a container.
In: a map by name of a number or `{containerPort, protocol, hostPort ...}`, or a list as Kubernetes writes it.
Out: YAML of the list, or nothing. What only the Service needs is left out.
*/}}
{{- define "workload.containerPorts" -}}
{{- $ports := . -}}
{{- if kindIs "map" . -}}
  {{- $ports = dict -}}
  {{- range $name, $port := . -}}
    {{- if kindIs "map" $port -}}
      {{- $_ := set $ports $name (pick $port "containerPort" "protocol" "hostPort" "hostIP") -}}
    {{- else if not (kindIs "invalid" $port) -}}
      {{- $_ := set $ports $name (dict "containerPort" $port) -}}
    {{- end -}}
  {{- end -}}
{{- end -}}
{{- include "workload.keyed" (dict "items" $ports "key" "name") -}}
{{- end }}

{{/*
Whole ConfigMaps and Secrets as environment; the main container also gets the ConfigMaps of the chart that say
`envFrom: true`, after the others. Of two with the same variable the later one counts.
In: `spec` (envFrom: a map by key of `{configMap}` or `{secret}` with `prefix`, `optional` and `order`, or a list as
Kubernetes writes it), `root`, `main`, `name`. Out: YAML of the list, or nothing.
*/}}
{{- define "workload.envFrom" -}}
{{- $list := list -}}
{{- $sorted := dict -}}
{{- $seen := dict -}}
{{- range $key, $entry := .spec.envFrom -}}
  {{- if kindIs "slice" $.spec.envFrom -}}
    {{- $_ := set $sorted (printf "%06d" $key) $entry -}}
  {{- else -}}
    {{- $_ := set $sorted (printf "%06d %s" (int $entry.order) $key) $entry -}}
    {{- $place := printf "%d %s" (int $entry.order) ($entry.prefix | default "") -}}
    {{- if hasKey $seen $place -}}
      {{- $way := printf "say their `order`, as in `%s: {order: 1}`" $key -}}
      {{- fail (printf "envFrom of %s: %s and %s may set the same variables, and the last source wins: %s" $.name (index $seen $place) $key $way) -}}
    {{- end -}}
    {{- $_ := set $seen $place $key -}}
  {{- end -}}
{{- end -}}
{{- range $entry := $sorted -}}
  {{- $source := pick . "configMapRef" "secretRef" "prefix" -}}
  {{- with .secret | default .configMap -}}
    {{- $_ := set $source ($entry.secret | empty | ternary "configMapRef" "secretRef") (merge (dict "name" .) (pick $entry "optional")) -}}
  {{- end -}}
  {{- if and .secret .configMap -}}
    {{- fail (printf "envFrom: %s names a configMap and a secret; null takes one away" (toJson $entry)) -}}
  {{- else if not (or $source.configMapRef $source.secretRef) -}}
    {{- fail (printf "envFrom: %s names neither a configMap nor a secret" (toJson $entry)) -}}
  {{- end -}}
  {{- $list = append $list $source -}}
{{- end -}}
{{- if .main -}}
  {{- $taken := dict -}}
  {{- range $key, $config := .root.Values.configMaps -}}
    {{- if $config.envFrom -}}
      {{- range $variable, $value := $config.data -}}
        {{- if hasKey $taken $variable -}}
          {{- $two := printf "%s and %s" (index $taken $variable) $key -}}
          {{- fail (printf "configMaps: %s both have %s, and both are environment (`envFrom: true`): take it out of one" $two $variable) -}}
        {{- end -}}
        {{- $_ := set $taken $variable $key -}}
      {{- end -}}
      {{- $name := include "workload.configMapName" (dict "key" $key "config" $config "root" $.root) -}}
      {{- $list = append $list (dict "configMapRef" (dict "name" $name)) -}}
    {{- end -}}
  {{- end -}}
{{- end -}}
{{- with $list -}}
{{ toYaml . }}
{{- end -}}
{{- end }}

{{/*
A probe.
In: `probe` (`{http: path}`, `{tcp: port}`, `{grpc: port}` or `{exec: [command]}`, beside the timings; or as Kubernetes
writes it), `kind`, `of` (the name of the container) and `ports` (of the container, a list: the port of `http` is
`port`, else the one called http, else the first).
Out: YAML of the probe.
*/}}
{{- define "workload.probe" -}}
{{- $what := printf "%s probe" .kind -}}
{{- $probe := omit .probe "http" "tcp" "grpc" "exec" "port" "scheme" "headers" -}}
{{- with .probe.http -}}
  {{- $port := $.probe.port | default (include "workload.mainPort" $.ports) | required (printf "probe of %s: say its port, as in `port: 8080`" .) -}}
  {{- $get := dict "path" . "port" (include "workload.portOf" $port | fromYaml).port -}}
  {{- with $.probe.scheme }}{{ $_ := set $get "scheme" . }}{{ end -}}
  {{- with $.probe.headers }}{{ $_ := set $get "httpHeaders" (include "workload.headers" . | fromYamlArray) }}{{ end -}}
  {{- $_ := set $probe "httpGet" $get -}}
{{- else -}}
  {{- range $field := list "headers" "port" "scheme" -}}
    {{- if hasKey $.probe $field -}}
      {{- fail (printf "%s of %s: %s belongs to http, which is not there" $what $.of $field) -}}
    {{- end -}}
  {{- end -}}
{{- end -}}
{{- with .probe.tcp }}{{ $_ := set $probe "tcpSocket" (include "workload.portOf" . | fromYaml) }}{{ end -}}
{{- with .probe.grpc -}}
  {{- $check := kindIs "map" . | ternary . (dict "port" .) -}}
  {{- if not $check.port -}}
    {{- fail (printf "%s of %s: `grpc` needs `port`, for a map replaces the number that a lower file says" $what $.of) -}}
  {{- end -}}
  {{- range $.ports -}}
    {{- if eq (toString .name) (toString $check.port) -}}{{ $check = merge (dict "port" .containerPort) $check }}{{- end -}}
  {{- end -}}
  {{- $_ := set $probe "grpc" $check -}}
{{- end -}}
{{- with .probe.exec -}}
  {{- $_ := set $probe "exec" (kindIs "map" . | ternary . (dict "command" .)) -}}
{{- end -}}
{{- include "workload.check.action" (dict "what" $what "of" .of "action" $probe "ports" .ports) -}}
{{- if and (ne .kind "readiness") (ne (int ($probe.successThreshold | default 1)) 1) -}}
  {{- fail (printf "%s of %s: successThreshold is 1 for all but readiness" $what .of) -}}
{{- end -}}
{{- toYaml $probe -}}
{{- end }}

{{/*
In: a port by number or name. Out: YAML of `port`, a number where it is one.
*/}}
{{- define "workload.portOf" -}}
port: {{ regexMatch "^[0-9]+$" (toString .) | ternary (toString .) (toYaml .) }}
{{- end }}

{{/*
In: a map of header names to values. Out: YAML of the list that Kubernetes wants.
*/}}
{{- define "workload.headers" -}}
{{- range $name, $value := . }}
- name: {{ toYaml $name }}
  value: {{ $value | quote }}
{{- end }}
{{- end }}

{{/*
In: the ports of a container, a list. Out: the port that requests go to: the one called http, else the first.
*/}}
{{- define "workload.mainPort" -}}
{{- $main := first (. | default list) | default dict -}}
{{- range . -}}
  {{- if eq (toString .name) "http" }}{{ $main = . }}{{ end -}}
{{- end -}}
{{ $main.name | default $main.containerPort | default "" }}
{{- end }}
