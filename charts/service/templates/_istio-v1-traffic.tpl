{{/*
The keys of `istio` that describe the app's own VirtualService: one of them is enough to make it.
In: nothing. Out: YAML of a list.
*/}}
{{- define "service.istio.v1.routeKeys" -}}
{{- list "corsPolicy" "fault" "gateway" "headers" "hosts" "mirror" "paths" "port" "retries" "rewrite" "routes" "tcpRoutes"
  "timeout" "tlsRoutes" | toYaml -}}
{{- end }}

{{/*
The name that callers in the mesh know the app by: that of its own Service.
In: the root context. Out: a name.
*/}}
{{- define "service.istio.v1.ownHost" -}}
{{- include "service.objectName" (dict "root" . "key" "" "item" (.Values.service | default dict)) -}}
{{- end }}

{{/*
A Service of the app as an object finds it: in another namespace a short name means a Service there.
In: `root`, `item` (the values of the object, which may say a `namespace`) and `host` (a short name). Out: a host.
*/}}
{{- define "service.istio.v1.host" -}}
{{- $home := .root.Release.Namespace -}}
{{ .host }}{{ if ne (.item.namespace | default $home) $home }}.{{ $home }}.svc.cluster.local{{ end }}
{{- end }}

{{/*
A short form: a scalar in place of a map with one field.
In: `value` and `key`, the field that a scalar stands for. Out: YAML of a map.
*/}}
{{- define "service.istio.v1.short" -}}
{{- if kindIs "map" .value -}}
{{ toYaml .value }}
{{- else -}}
{{ toYaml (dict .key .value) }}
{{- end -}}
{{- end }}

{{/*
A match of strings: `/cart` is exact, `/api/*` a prefix, `*` anything that is there.
In: the text, or a map as Istio writes it. Out: YAML of a map.
*/}}
{{- define "service.istio.v1.stringMatch" -}}
{{- if kindIs "map" . -}}
{{ toYaml . }}
{{- else if eq (toString .) "*" -}}
regex: .*
{{- else if hasSuffix "*" (toString .) -}}
{{ toYaml (dict "prefix" (trimSuffix "*" (toString .))) }}
{{- else -}}
{{ toYaml (dict "exact" (toString .)) }}
{{- end -}}
{{- end }}

{{/*
The spec of a VirtualService.
In: `root` and `item` (its values). Out: YAML of a map.
*/}}
{{- define "service.istio.v1.virtualService" -}}
{{- $raw := .item.spec | default dict -}}
{{- if and .item.gateway (not .item.hosts) (not $raw.hosts) -}}
  {{- fail "a VirtualService at a gateway needs `hosts`, the names that it answers to there" -}}
{{- end -}}
{{- $spec := pick .item "exportTo" -}}
{{- $own := include "service.istio.v1.host" (dict "root" .root "item" .item "host" (include "service.istio.v1.ownHost" .root)) -}}
{{- $_ := set $spec "hosts" (.item.hosts | default (list $own)) -}}
{{- range $spec.hosts -}}
  {{- include "service.istio.v1.checkHost" (dict "root" $.root "item" $.item "place" "a VirtualService" "host" .) -}}
{{- end -}}
{{- with .item.gateway -}}
  {{- $names := list -}}
  {{- range ternary . (list .) (kindIs "slice" .) -}}
    {{- $names = append $names (include "service.istio.v1.gatewayName" (dict "root" $.root "item" $.item "gateway" .)) -}}
  {{- end -}}
  {{- $_ := set $spec "gateways" $names -}}
{{- end -}}
{{- if or .item.tcpRoutes .item.tlsRoutes -}}
  {{- range $field := list "tcp" "tls" -}}
    {{- with include "service.istio.v1.rawRoutes" (merge (dict "field" $field) $) | fromYamlArray }}{{ $_ := set $spec $field . }}{{ end -}}
  {{- end -}}
{{- end -}}
{{- if or .item.routes (not (or $raw.http $raw.tcp $raw.tls $spec.tcp $spec.tls)) -}}
  {{- if not (or $raw.http $raw.tcp $raw.tls) }}{{ $_ := set $spec "http" (include "service.istio.v1.routes" . | fromYamlArray) }}{{ end -}}
{{- end -}}
{{- toYaml $spec -}}
{{- end }}

{{/*
The name of a gateway.
In: `root`, `item` (the values of the VirtualService) and `gateway`: a key of `istio.gateways`, or the name of a gateway
that others keep. Out: the name, with the namespace of a gateway of the app that is in another one.
*/}}
{{- define "service.istio.v1.gatewayName" -}}
{{- $gateways := (.root.Values.istio | default dict).gateways | default dict -}}
{{- if hasKey $gateways .gateway -}}
  {{- $home := .root.Release.Namespace -}}
  {{- $own := get $gateways .gateway | default dict -}}
  {{- $at := $own.namespace | default $home -}}
  {{- if ne $at (.item.namespace | default $home) }}{{ $at }}/{{ end -}}
  {{- include "service.objectName" (dict "root" .root "key" .gateway "item" $own) -}}
{{- else -}}
  {{- .gateway -}}
{{- end -}}
{{- end }}

{{/*
A server of a Gateway.
In: `server` (its values with its name as `key`) and `hosts` (when it says none). Out: YAML of a map.
*/}}
{{- define "service.istio.v1.server" -}}
{{- $server := include "service.present" (omit .server "key" "protocol") | fromYaml -}}
{{- $tls := $server.tls | default dict -}}
{{- if and $tls.credentialName (not $tls.mode) -}}
  {{- $_ := set $tls "mode" "SIMPLE" -}}
{{- end -}}
{{- if not (kindIs "map" $server.port) -}}
  {{- $protocol := .server.protocol | default (ternary "HTTPS" "HTTP" (not (empty $tls.mode))) -}}
  {{- if not $server.port -}}
    {{- fail (printf "the server `%s` of a gateway needs `port`" (.server.key | default "")) -}}
  {{- end -}}
  {{- $_ := set $server "port" (dict "number" $server.port "name" .server.key "protocol" $protocol) -}}
{{- end -}}
{{- if and (has (toString $server.port.protocol) (list "HTTPS" "TLS")) (not $server.tls) -}}
  {{- fail (printf "the server `%s` of a gateway needs `tls`, as `tls: {credentialName: shop-cert}`, for its protocol is %s" (.server.key | default "") $server.port.protocol) -}}
{{- end -}}
{{- if not $server.hosts -}}
  {{- $_ := set $server "hosts" .hosts -}}
{{- end -}}
{{- toYaml $server -}}
{{- end }}

{{/*
The subsets of the app: those of `istio.subsets`, and those that the canary needs.
In: the root context. Out: YAML of a map by name.
*/}}
{{- define "service.istio.v1.subsets" -}}
{{- $istio := include "service.present" .Values.istio | fromYaml -}}
{{- $subsets := dict -}}
{{- range include "service.keyed" (dict "items" $istio.subsets "key" "name") | fromYamlArray -}}
  {{- $_ := set $subsets .name . -}}
{{- end -}}
{{- $canary := include "service.istio.v1.canary" . | fromYaml -}}
{{- range $name := list $canary.stable $canary.subset | compact -}}
  {{- if not (or (hasKey $subsets $name) $.Values.track) -}}
    {{- $advice := "say `track: stable` in values.yaml, so that the first workload has it too" -}}
    {{- $other := printf "say which pods the subset `%s` has in istio.subsets" $name -}}
    {{- fail (printf "`canary` divides the requests by the label `track`: %s, or %s" $advice $other) -}}
  {{- end -}}
  {{- $_ := set $subsets $name (get $subsets $name | default (dict "labels" (dict "track" $name))) -}}
{{- end -}}
{{- toYaml $subsets -}}
{{- end }}

{{/*
The canary with its defaults.
In: the root context. Out: YAML of a map with `weight`, `stable` and `subset`, and `match` if it has one; an empty map
when no canary runs.
*/}}
{{- define "service.istio.v1.canary" -}}
{{- if .Values.canary -}}
  {{- $base := dict "weight" 0 "stable" "stable" "subset" "canary" -}}
  {{- include "service.over" (dict "base" $base "over" (include "service.present" .Values.canary | fromYaml)) -}}
{{- else -}}
{}
{{- end -}}
{{- end }}

{{/*
The subsets of a DestinationRule.
In: `root` and `subsets`: a map by name, or a list as Istio writes it. A subset without `labels` has the pods whose
label `istio.subsetLabel` (track, unless said) is the subset's name. Out: YAML of the list, or nothing.
*/}}
{{- define "service.istio.v1.subsetList" -}}
{{- $label := (.root.Values.istio | default dict).subsetLabel | default "track" -}}
{{- $list := list -}}
{{- range include "service.keyed" (dict "items" .subsets "key" "name") | fromYamlArray -}}
  {{- $subset := . -}}
  {{- if not (hasKey $subset "labels") -}}
    {{- $_ := set $subset "labels" (dict $label .name) -}}
  {{- end -}}
  {{- with .trafficPolicy -}}
    {{- $_ := set $subset "trafficPolicy" (include "service.istio.v1.trafficPolicy" . | fromYaml) -}}
  {{- end -}}
  {{- $list = append $list $subset -}}
{{- end -}}
{{- with $list -}}
{{ toYaml . }}
{{- end -}}
{{- end }}

{{/*
A traffic policy.
In: its values: as Istio writes it, or with `loadBalancer: RANDOM`, `tls: SIMPLE` and `portLevelSettings` as a map by
the number of the port. Out: YAML of a map.
*/}}
{{- define "service.istio.v1.trafficPolicy" -}}
{{- $policy := include "service.present" . | fromYaml -}}
{{- range $field, $key := dict "loadBalancer" "simple" "tls" "mode" -}}
  {{- with get $policy $field -}}
    {{- $_ := set $policy $field (include "service.istio.v1.short" (dict "value" . "key" $key) | fromYaml) -}}
  {{- end -}}
{{- end -}}
{{- if $policy.tls -}}
  {{- if not $policy.tls.mode -}}
    {{- fail "`tls` of a traffic policy needs `mode`, without which Istio sends plain text; a map replaces the mode that a lower file says" -}}
  {{- end -}}
{{- end -}}
{{- if kindIs "map" $policy.portLevelSettings -}}
  {{- $list := list -}}
  {{- range $number, $settings := include "service.present" $policy.portLevelSettings | fromYaml -}}
    {{- $port := dict "port" (dict "number" (int $number)) -}}
    {{- $list = append $list (merge $port (include "service.istio.v1.trafficPolicy" $settings | fromYaml)) -}}
  {{- end -}}
  {{- $_ := set $policy "portLevelSettings" $list -}}
{{- end -}}
{{- toYaml $policy -}}
{{- end }}
