{{/*
The spec of an HTTPRoute of the Gateway API.
In: `root` and `item` (its values). Its parents are `parentRefs`, else `gateway` (a name, or namespace/name), else the
app's Service, for callers inside the mesh. Without `rules` all requests go to the app. Out: YAML of a map.
*/}}
{{- define "service.httpRoute" -}}
{{- $spec := pick .item "hostnames" -}}
{{- $own := include "service.backend" (dict "root" .root "item" .item "key" "" "place" dict) | fromYaml -}}
{{- $parents := list (merge (dict "group" "" "kind" "Service") $own) -}}
{{- with .item.gateway -}}
  {{- $parents = list (dict "name" (base .)) -}}
  {{- if contains "/" . -}}
    {{- $parents = list (dict "name" (base .) "namespace" (dir .)) -}}
  {{- end -}}
{{- end -}}
{{- $_ := set $spec "parentRefs" (.item.parentRefs | default $parents) -}}
{{- $rules := list -}}
{{- range include "service.keyed" (dict "items" (.item.rules | default (dict "all" dict)) "key" "key") | fromYamlArray -}}
  {{- $rules = append $rules (include "service.httpRouteRule" (dict "root" $.root "item" $.item "rule" .) | fromYaml) -}}
{{- end -}}
{{- $_ := set $spec "rules" $rules -}}
{{- toYaml $spec -}}
{{- end }}

{{/*
A rule of an HTTPRoute.
In: `root`, `item` (the values of the HTTPRoute) and `rule`: `paths` (exact, or a prefix when it ends in `*`) besides `matches` as Kubernetes writes them;
`to`, a key of `services`, or weights or backends by key; any other field as Kubernetes writes it. Out: YAML of a map.
*/}}
{{- define "service.httpRouteRule" -}}
{{- $rule := omit .rule "key" "paths" "to" -}}
{{- $matches := $rule.matches | default list -}}
{{- range .rule.paths -}}
  {{- $path := dict "type" "Exact" "value" . -}}
  {{- if hasSuffix "*" . -}}
    {{- $path = dict "type" "PathPrefix" "value" (trimSuffix "*" . | trimSuffix "/" | default "/") -}}
  {{- end -}}
  {{- $matches = append $matches (dict "path" $path) -}}
{{- end -}}
{{- with $matches }}{{ $_ := set $rule "matches" . }}{{ end -}}
{{- $redirects := false -}}
{{- range .rule.filters }}{{ $redirects = or $redirects (eq .type "RequestRedirect") }}{{ end -}}
{{- if not (or $rule.backendRefs $redirects) -}}
  {{- $to := .rule.to | default "" -}}
  {{- if kindIs "string" $to }}{{ $to = dict $to dict }}{{ end -}}
  {{- $backends := list -}}
  {{- range $key, $place := include "service.present" $to | fromYaml -}}
    {{- $place = ternary $place (dict "weight" $place) (kindIs "map" $place) -}}
    {{- $backends = append $backends (include "service.backend" (dict "root" $.root "item" $.item "key" $key "place" $place) | fromYaml) -}}
  {{- end -}}
  {{- $_ := set $rule "backendRefs" $backends -}}
{{- end -}}
{{- toYaml $rule -}}
{{- end }}

{{/*
A Service that an HTTPRoute leads to.
In: `root`, `item` (the values of the HTTPRoute), `key` (a key of `services`, or empty for the app's own) and `place`: `port` (the one called http, else the
first, unless said), `weight`, and any other field as Kubernetes writes it. Out: YAML of a map.
*/}}
{{- define "service.backend" -}}
{{- $services := include "service.services" .root | fromYaml -}}
{{- $service := get $services .key | default dict -}}
{{- if and .key (not (hasKey $services .key)) (not .place.name) -}}
  {{- $have := keys $services | sortAlpha | compact | join ", " | default "none" -}}
  {{- fail (printf "a rule of `httpRoutes` goes to the service `%s`, which `services` has not (it has: %s)" .key $have) -}}
{{- end -}}
{{- $backend := dict "name" (include "service.objectName" (dict "root" .root "key" .key "item" $service)) -}}
{{- if ne (.item.namespace | default .root.Release.Namespace) .root.Release.Namespace -}}
  {{- $_ := set $backend "namespace" .root.Release.Namespace -}}
{{- end -}}
{{- $ports := include "service.ports" (dict "root" .root "service" $service) | fromYamlArray -}}
{{- with $ports -}}
  {{- $_ := set $backend "port" (first .).port -}}
{{- end -}}
{{- range $ports -}}
  {{- if eq (.name | default "") "http" }}{{ $_ := set $backend "port" .port }}{{ end -}}
{{- end -}}
{{- if and .place.port $ports (not .place.name) (hasKey $services .key) -}}
  {{- $have := list -}}
  {{- range $ports }}{{ $have = append $have (toString .port) }}{{ end -}}
  {{- if not (has (toString .place.port) $have) -}}
    {{- fail (printf "a rule of `httpRoutes` goes to the port %v, which the Service has not (it has: %s)" .place.port (sortAlpha $have | join ", ")) -}}
  {{- end -}}
{{- end -}}
{{- include "service.over" (dict "base" $backend "over" .place) -}}
{{- end }}
