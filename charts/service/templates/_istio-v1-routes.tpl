{{/*
The HTTP routes of a VirtualService, in the order that they are tried: those with a match first, then by `order`
(100 unless said), then by key. The route `default` takes what no other matches; null leaves it out.
In: `root` and `item` (the values of the VirtualService). `routes` is a map by key, or a list as Istio writes it.
Out: YAML of the list, or nothing.
*/}}
{{- define "service.istio.v1.routes" -}}
{{- $routes := .item.routes | default dict -}}
{{- $list := list -}}
{{- if kindIs "slice" $routes -}}
  {{- if .root.Values.canary -}}
    {{- fail "`canary` needs `routes` by key: in a list it cannot tell which route it shares" -}}
  {{- end -}}
  {{- if .item.paths -}}
    {{- fail "`paths` need `routes` by key: in a list each route says its own" -}}
  {{- end -}}
  {{- $list = $routes -}}
  {{- range $place, $route := $routes -}}
    {{- $key := $route.name | default (printf "routes[%d]" $place) -}}
    {{- include "service.istio.v1.checkDestinations" (dict "root" $.root "item" $.item "key" $key "list" $route.route) -}}
  {{- end -}}
{{- else -}}
  {{- include "service.istio.v1.checkShared" (dict "item" .item "routes" $routes) -}}
  {{- $given := include "service.istio.v1.givenRoutes" .root | fromYaml -}}
  {{- $routes = include "service.over" (dict "base" $given "over" $routes) | fromYaml -}}
  {{- $places := dict -}}
  {{- range $key, $route := $routes -}}
    {{- $last := not (or $route.match $route.matches) -}}
    {{- $_ := set $places (printf "%v %08d %s" $last (int (ternary $route.order 100 (hasKey $route "order"))) $key) $key -}}
  {{- end -}}
  {{- $keys := list -}}
  {{- range $place, $key := $places -}}
    {{- $in := dict "root" $.root "item" $.item "key" $key "route" (get $routes $key) -}}
    {{- $one := include "service.istio.v1.route" $in | fromYaml -}}
    {{- if $.item.paths -}}
      {{- $_ := set $one "match" (include "service.istio.v1.within" (dict "item" $.item "key" $key "match" $one.match) | fromYamlArray) -}}
    {{- end -}}
    {{- $list = append $list $one -}}
    {{- $keys = append $keys $key -}}
  {{- end -}}
  {{- include "service.istio.v1.checkOrder" (dict "keys" $keys "list" $list) -}}
{{- end -}}
{{- toYaml $list -}}
{{- end }}

{{/*
Refuses routes at a gateway that take a prefix away, as one of several services of a host does, without a word about the
rest of the host, which `default` would take from the others.
In: `item` (the values of the VirtualService) and `routes` (by key, as the values have them). Out: nothing, or an error.
*/}}
{{- define "service.istio.v1.checkShared" -}}
{{- if and .item.gateway (not .item.paths) (not (hasKey .routes "default")) -}}
  {{- $shares := "" -}}
  {{- $byPath := true -}}
  {{- range $key, $route := include "service.present" .routes | fromYaml -}}
    {{- if and $route.rewrite (not $route.to) }}{{ $shares = $key }}{{ end -}}
    {{- range include "service.istio.v1.matches" $route | fromYamlArray | default (list dict) -}}
      {{- if not .uri }}{{ $byPath = false }}{{ end -}}
    {{- end -}}
  {{- end -}}
  {{- if and $shares $byPath -}}
    {{- $way := "`paths` says which part of the hosts is this app's, and the route is not needed; `routes: {default: {}}` says that the rest is too" -}}
    {{- fail (printf "the route `%s` rewrites a path at a gateway, and nothing says who answers the other paths: %s" $shares $way) -}}
  {{- end -}}
{{- end -}}
{{- end }}

{{/*
What a route matches of the paths that are the app's.
In: `item` (with `paths`), `key` (of the route) and `match` (its matches as Istio writes them, or nothing). A match
without a path becomes one for each of `paths`; one with a path must be within them. Out: YAML of a list.
*/}}
{{- define "service.istio.v1.within" -}}
{{- $list := list -}}
{{- range $match := .match | default (list dict) -}}
  {{- $own := $match.uri -}}
  {{- $inside := false -}}
  {{- range $.item.paths -}}
    {{- $uri := include "service.istio.v1.stringMatch" . | fromYaml -}}
    {{- if not $own -}}
      {{- $list = append $list (merge (dict "uri" $uri) $match) -}}
    {{- else if $own.regex -}}
      {{- $inside = true -}}
    {{- else if $uri.exact -}}
      {{- $inside = or $inside (eq (toString $own.exact) $uri.exact) -}}
    {{- else -}}
      {{- $inside = or $inside (hasPrefix $uri.prefix ($own.exact | default $own.prefix | default "")) -}}
    {{- end -}}
  {{- end -}}
  {{- if $inside -}}
    {{- $list = append $list $match -}}
  {{- else if $own -}}
    {{- fail (printf "the route `%s` is for %s, which is none of `paths` (%s)" $.key (values $own | first) (join ", " $.item.paths)) -}}
  {{- end -}}
{{- end -}}
{{- toYaml $list -}}
{{- end }}

{{/*
Routes of connections: `tcpRoutes`, or `tlsRoutes` of connections whose TLS ends at the app.
In: `root`, `item` (the values of the VirtualService) and `field`: tcp or tls. The routes are a map by key of `{match,
order, port, to, spec}`, tried in the order of `order` and the keys. Out: YAML of the list, or nothing.
*/}}
{{- define "service.istio.v1.rawRoutes" -}}
{{- $routes := get .item (printf "%sRoutes" .field) | default dict -}}
{{- $sorted := dict -}}
{{- range $key, $route := include "service.present" $routes | fromYaml -}}
  {{- $_ := set $sorted (printf "%v %08d %s" (empty $route.match) (int (ternary $route.order 100 (hasKey $route "order"))) $key) $key -}}
{{- end -}}
{{- $list := list -}}
{{- range $place, $key := $sorted -}}
  {{- $route := include "service.present" (get $routes $key) | fromYaml -}}
  {{- $out := dict -}}
  {{- with $route.match }}{{ $_ := set $out "match" (ternary . (list .) (kindIs "slice" .)) }}{{ end -}}
  {{- range $match := $out.match | default (list dict) -}}
    {{- if and (eq $.field "tls") (not $match.sniHosts) -}}
      {{- fail (printf "the route `%s` of `tlsRoutes` needs `match: {sniHosts: [...]}`, the names that callers ask for" $key) -}}
    {{- end -}}
  {{- end -}}
  {{- if and $.item.gateway (not (or $route.port $.item.port)) -}}
    {{- $ports := dict -}}
    {{- range include "service.ports" (dict "root" $.root "service" ($.root.Values.service | default dict)) | fromYamlArray -}}
      {{- $_ := set $ports (toString .port) .port -}}
    {{- end -}}
    {{- $asked := toString (first ($out.match | default (list dict))).port -}}
    {{- if hasKey $ports $asked -}}
      {{- $_ := set $route "port" (get $ports $asked) -}}
    {{- else if gt (len $ports) 1 -}}
      {{- fail (printf "the route `%s` needs `port`: the Service has several (%s)" $key (keys $ports | sortAlpha | join ", ")) -}}
    {{- end -}}
  {{- end -}}
  {{- $in := dict "root" $.root "item" $.item "key" $key "route" $route -}}
  {{- $_ := set $out "route" (include "service.istio.v1.destinations" $in | fromYamlArray) -}}
  {{- $list = append $list (include "service.over" (dict "base" $out "over" $route.spec) | fromYaml) -}}
{{- end -}}
{{- with $list -}}
{{ toYaml . }}
{{- end -}}
{{- end }}

{{/*
Refuses a route that no request reaches, for one before it takes them all.
In: `list` (the routes as Istio writes them, in the order that they are tried) and `keys` (theirs).
Out: nothing, or an error.
*/}}
{{- define "service.istio.v1.checkOrder" -}}
{{- $taken := list -}}
{{- range $place, $route := .list -}}
  {{- $key := index $.keys $place -}}
  {{- $reached := false -}}
  {{- $by := dict -}}
  {{- range $match := $route.match | default (list dict) -}}
    {{- $uri := $match.uri | default dict -}}
    {{- $path := $uri.exact | default $uri.prefix | default "" -}}
    {{- $hidden := false -}}
    {{- range $taken -}}
      {{- $same := and (eq .kind "exact") (eq (toString $uri.exact) .path) -}}
      {{- $begins := and (eq .kind "prefix") $path (hasPrefix .path $path) -}}
      {{- if and (not $hidden) (or (eq .kind "all") $same $begins) -}}
        {{- $hidden = true -}}
        {{- $by = . -}}
      {{- end -}}
    {{- end -}}
    {{- $reached = or $reached (not $hidden) -}}
  {{- end -}}
  {{- if not (or $reached (eq $key "default")) -}}
    {{- $all := ternary "all requests" (printf "all of `%s`" $by.path) (eq $by.kind "all") -}}
    {{- fail (printf "the route `%s` is never reached: `%s` before it takes %s; a smaller `order` puts it first" $key $by.key $all) -}}
  {{- end -}}
  {{- range $match := $route.match | default (list dict) -}}
    {{- $said := omit $match "name" "statPrefix" -}}
    {{- if not $said -}}
      {{- $taken = append $taken (dict "key" $key "kind" "all" "path" "") -}}
    {{- else if eq (keys $said | join "") "uri" -}}
      {{- range $kind, $path := $said.uri }}{{ $taken = append $taken (dict "key" $key "kind" $kind "path" $path) }}{{ end -}}
    {{- end -}}
  {{- end -}}
{{- end -}}
{{- end }}

{{/*
The routes that nobody has to write: `default`, and `canary` for the requests that always go to the canary.
In: the root context. Out: YAML of a map by key.
*/}}
{{- define "service.istio.v1.givenRoutes" -}}
{{- $routes := dict "default" dict -}}
{{- $canary := include "service.istio.v1.canary" . | fromYaml -}}
{{- with $canary.match -}}
  {{- $_ := set $routes "canary" (dict "order" 0 "match" . "to" $canary.subset) -}}
{{- end -}}
{{- toYaml $routes -}}
{{- end }}

{{/*
One HTTP route.
In: `root`, `item` (the values of the VirtualService, whose timeout, retries and so on hold for every route that says
none of its own), `key` and `route` (the values of the route). Out: YAML of a map as Istio writes it.
*/}}
{{- define "service.istio.v1.route" -}}
{{- $route := include "service.present" .route | fromYaml -}}
{{- $out := pick $route "redirect" "directResponse" "delegate" -}}
{{- if not $out -}}
  {{- $shared := pick .item "timeout" "retries" "corsPolicy" "headers" "fault" "mirror" "rewrite" -}}
  {{- $route = include "service.over" (dict "base" $shared "over" .route) | fromYaml -}}
  {{- $_ := set $out "route" (include "service.istio.v1.destinations" . | fromYamlArray) -}}
{{- end -}}
{{- with include "service.istio.v1.matches" $route | fromYamlArray -}}
  {{- $_ := set $out "match" . -}}
{{- end -}}
{{- range $field := list "timeout" "headers" "name" -}}
  {{- with get $route $field }}{{ $_ := set $out $field . }}{{ end -}}
{{- end -}}
{{- range $field, $key := dict "retries" "attempts" "rewrite" "uri" -}}
  {{- if hasKey $route $field -}}
    {{- $_ := set $out $field (include "service.istio.v1.short" (dict "value" (get $route $field) "key" $key) | fromYaml) -}}
  {{- end -}}
{{- end -}}
{{- if hasKey $out "retries" -}}
  {{- $tries := include "service.present" $out.retries | fromYaml -}}
  {{- if or (not (hasKey $tries "attempts")) (and (not $tries.attempts) (gt (len $tries) 1)) -}}
    {{- fail (printf "`retries` of the route `%s` needs `attempts` above 0 beside %s: a map replaces the number that a lower file says" .key (omit $tries "attempts" | keys | sortAlpha | join ", " | default "nothing else")) -}}
  {{- end -}}
{{- end -}}
{{- with $route.corsPolicy -}}
  {{- $_ := set $out "corsPolicy" (include "service.istio.v1.corsPolicy" . | fromYaml) -}}
{{- end -}}
{{- with $route.fault -}}
  {{- $_ := set $out "fault" (include "service.istio.v1.fault" . | fromYaml) -}}
{{- end -}}
{{- with $route.mirror -}}
  {{- $to := include "service.istio.v1.short" (dict "value" . "key" "subset") | fromYaml -}}
  {{- if not (or $to.subset $to.host $to.port (hasKey $to "service")) -}}
    {{- fail (printf "`mirror` of the route `%s` needs `subset`, `service` or `host`: a map replaces the subset that a lower file says" $.key) -}}
  {{- end -}}
  {{- $in := dict "root" $.root "item" $.item "key" $.key "route" $route "to" (omit $to "percentage") -}}
  {{- $mirror := include "service.istio.v1.destination" $in | fromYaml -}}
  {{- include "service.istio.v1.checkDestinations" (dict "root" $.root "item" $.item "key" $.key "list" (list (dict "destination" $mirror))) -}}
  {{- $_ := set $out "mirror" $mirror -}}
  {{- with $to.percentage }}{{ $_ := set $out "mirrorPercentage" (dict "value" .) }}{{ end -}}
{{- end -}}
{{- include "service.over" (dict "base" $out "over" $route.spec) -}}
{{- end }}

{{/*
What a route matches.
In: the values of the route: `match` is one match or a list of them, `matches` are several by key. Any of them is enough.
Out: YAML of a list as Istio writes it, or nothing.
*/}}
{{- define "service.istio.v1.matches" -}}
{{- $all := list -}}
{{- with .match -}}
  {{- $all = ternary . (list .) (kindIs "slice" .) -}}
{{- end -}}
{{- $all = concat $all (include "service.keyed" (dict "items" .matches "key" "") | fromYamlArray) -}}
{{- $list := list -}}
{{- range $all -}}
  {{- $said := include "service.present" . | fromYaml -}}
  {{- $match := omit $said "path" -}}
  {{- range $field, $value := pick $said "uri" "path" "scheme" "method" "authority" -}}
    {{- $_ := set $match (ternary "uri" $field (eq $field "path")) (include "service.istio.v1.stringMatch" $value | fromYaml) -}}
  {{- end -}}
  {{- range $field, $values := pick $said "headers" "withoutHeaders" "queryParams" -}}
    {{- $strings := dict -}}
    {{- range $name, $value := include "service.present" $values | fromYaml -}}
      {{- $_ := set $strings $name (include "service.istio.v1.stringMatch" $value | fromYaml) -}}
    {{- end -}}
    {{- $_ := set $match $field $strings -}}
  {{- end -}}
  {{- $list = append $list $match -}}
{{- end -}}
{{- with $list -}}
{{ toYaml . }}
{{- end -}}
{{- end }}

{{/*
Where a route goes.
In: `root`, `item`, `key` and `route` as for service.istio.v1.route. `to` of the route is a subset, a map of weights or
destinations by key (which is the subset, unless the destination says another place), or a list as Istio writes it.
Without it the route goes to the app, and to its canary by weight. Out: YAML of a list.
*/}}
{{- define "service.istio.v1.destinations" -}}
{{- $in := . -}}
{{- $canary := include "service.istio.v1.canary" .root | fromYaml -}}
{{- $to := .route.to -}}
{{- if and (not $to) $canary -}}
  {{- $to = dict $canary.stable (sub 100 (int $canary.weight)) $canary.subset $canary.weight -}}
{{- else if not $to -}}
  {{- $to = dict "app" (dict "service" "") -}}
{{- else if kindIs "string" $to -}}
  {{- $to = dict $to dict -}}
{{- end -}}
{{- $list := list -}}
{{- if kindIs "slice" $to -}}
  {{- $list = $to -}}
  {{- $to = dict -}}
{{- end -}}
{{- range $key, $place := include "service.present" $to | fromYaml -}}
  {{- $place = include "service.istio.v1.short" (dict "value" $place "key" "weight") | fromYaml -}}
  {{- $place = include "service.present" $place | fromYaml -}}
  {{- if not (or $place.host (hasKey $place "service") $place.subset) -}}
    {{- $_ := set $place "subset" $key -}}
  {{- end -}}
  {{- $destination := include "service.istio.v1.destination" (merge (dict "to" $place) $in) | fromYaml -}}
  {{- $_ := set $place "destination" $destination -}}
  {{- $list = append $list (pick $place "destination" "weight" "headers") -}}
{{- end -}}
{{- include "service.istio.v1.checkDestinations" (dict "root" .root "item" .item "key" .key "list" $list) -}}
{{- toYaml $list -}}
{{- end }}

{{/*
Refuses destinations that get no request, or the wrong ones.
In: `root`, `item` (the values of the VirtualService), `key` (of the route) and `list` (as Istio writes it). Out: nothing,
or an error.
*/}}
{{- define "service.istio.v1.checkDestinations" -}}
{{- $own := include "service.istio.v1.host" (dict "root" .root "item" .item "host" (include "service.istio.v1.ownHost" .root)) -}}
{{- $sum := 0 -}}
{{- $weighted := gt (len .list) 1 -}}
{{- range .list -}}
  {{- $to := .destination | default dict -}}
  {{- if ne (toString $to.host) $own -}}
    {{- include "service.istio.v1.checkHost" (dict "root" $.root "item" $.item "place" (printf "the route `%s`" $.key) "host" $to.host) -}}
  {{- else if $to.subset -}}
    {{- $subsets := include "service.istio.v1.subsets" $.root | fromYaml -}}
    {{- if not (hasKey $subsets (toString $to.subset)) -}}
      {{- $have := keys $subsets | sortAlpha | join ", " | default "none" -}}
      {{- fail (printf "the route `%s` goes to the subset `%s`, which `istio.subsets` has not (it has: %s)" $.key $to.subset $have) -}}
    {{- end -}}
  {{- end -}}
  {{- $sum = add $sum (int .weight) -}}
  {{- $weighted = or $weighted (hasKey . "weight") -}}
{{- end -}}
{{- if and $weighted (ne (int $sum) 100) -}}
  {{- fail (printf "the weights of the route `%s` add up to %d, not to 100" .key (int $sum)) -}}
{{- end -}}
{{- end }}

{{/*
Refuses a host that is one slip away from the app's own name, or is its short name in another namespace: a request to it
would find nobody.
In: `root`, `item` (the values of the object), `place` (who says it) and `host`. Out: nothing, or an error.
*/}}
{{- define "service.istio.v1.checkHost" -}}
{{- $own := include "service.istio.v1.ownHost" .root -}}
{{- $host := toString .host -}}
{{- $home := .root.Release.Namespace -}}
{{- if and (eq $host $own) (ne (.item.namespace | default $home) $home) -}}
  {{- fail (printf "%s names the host `%s`, which the namespace %s does not have: write it in full, %s.%s.svc.cluster.local" .place $host .item.namespace $host $home) -}}
{{- end -}}
{{- $apart := sub (len $host) (len $own) | int -}}
{{- if not (or (contains "." $host) (eq $host $own) (lt (len $host) 4) (gt $apart 1) (lt $apart -1)) -}}
  {{- $names := list -}}
  {{- range $key, $item := include "service.services" .root | fromYaml -}}
    {{- $names = append $names (include "service.objectName" (dict "root" $.root "key" $key "item" $item)) -}}
  {{- end -}}
  {{- $rest := $host -}}
  {{- $left := $own -}}
  {{- range until (len $own) -}}
    {{- if and $rest $left (hasPrefix (trunc 1 $left) $rest) -}}
      {{- $rest = substr 1 -1 $rest -}}
      {{- $left = substr 1 -1 $left -}}
    {{- end -}}
  {{- end -}}
  {{- range until (len $own) -}}
    {{- if and $rest $left (hasSuffix (trunc -1 $left) $rest) -}}
      {{- $rest = trunc (int (sub (len $rest) 1)) $rest -}}
      {{- $left = trunc (int (sub (len $left) 1)) $left -}}
    {{- end -}}
  {{- end -}}
  {{- $swapped := and (eq (len $rest) 2) (eq $rest (printf "%s%s" (trunc -1 $left) (trunc 1 $left))) -}}
  {{- $slip := and (le (len $rest) 1) (le (len $left) 1) (not (regexMatch "[0-9]" (printf "%s%s" $rest $left))) -}}
  {{- if and (or $swapped $slip) (not (has $host $names)) -}}
    {{- $full := printf "%s.%s.svc.cluster.local" $host .root.Release.Namespace -}}
    {{- fail (printf "%s names the host `%s`: is `%s` meant, this app? Another service is named in full: %s" .place $host $own $full) -}}
  {{- end -}}
{{- end -}}
{{- end }}

{{/*
One destination.
In: as for service.istio.v1.route, and `to`: `host` (any), or `service` (a key of `services`; the app's own unless said),
`subset` and `port` (a number, or the name of a port of the app's Service).
A gateway asks for a port when the Service has several: the one called http, else the first, unless `port` says it.
Out: YAML of a map as Istio writes it.
*/}}
{{- define "service.istio.v1.destination" -}}
{{- $own := include "service.istio.v1.ownHost" .root -}}
{{- $services := include "service.services" .root | fromYaml -}}
{{- $host := .to.host | default $own -}}
{{- with .to.service -}}
  {{- if not (hasKey $services .) -}}
    {{- $have := keys $services | sortAlpha | compact | join ", " | default "none" -}}
    {{- fail (printf "the route `%s` goes to the service `%s`, which `services` has not (it has: %s)" $.key . $have) -}}
  {{- end -}}
  {{- $host = include "service.objectName" (dict "root" $.root "key" . "item" (get $services .)) -}}
{{- end -}}
{{- $out := dict "host" $host -}}
{{- with .to.subset }}{{ $_ := set $out "subset" . }}{{ end -}}
{{- $ports := dict -}}
{{- $service := get $services (.to.service | default "") | default dict -}}
{{- range include "service.ports" (dict "root" .root "service" $service) | fromYamlArray -}}
  {{- $_ := set $ports (.name | default "") .port -}}
{{- end -}}
{{- $port := .to.port -}}
{{- if not .to.host -}}
  {{- $port = coalesce $port .route.port .item.port -}}
{{- end -}}
{{- if and (not $port) .item.gateway (eq $host $own) (gt (len $ports) 1) -}}
  {{- $port = get $ports "http" | default (keys $ports | sortAlpha | first | get $ports) -}}
{{- end -}}
{{- if kindIs "string" $port -}}
  {{- if not (hasKey $ports $port) -}}
    {{- $have := keys $ports | sortAlpha | join ", " | default "none" -}}
    {{- fail (printf "the route `%s` goes to the port `%s`, which the Service has not (it has: %s)" .key $port $have) -}}
  {{- end -}}
  {{- $port = get $ports $port -}}
{{- end -}}
{{- if and $port $ports (not .to.host) (hasKey $services (.to.service | default "")) -}}
  {{- $have := dict -}}
  {{- range $ports }}{{ $_ := set $have (toString .) true }}{{ end -}}
  {{- if not (hasKey $have (toString $port)) -}}
    {{- $names := keys $have | sortAlpha | join ", " -}}
    {{- fail (printf "the route `%s` goes to the port %v, which the Service has not (it has: %s)" .key $port $names) -}}
  {{- end -}}
{{- end -}}
{{- with $port }}{{ $_ := set $out "port" (dict "number" .) }}{{ end -}}
{{- if or (not .to.host) (eq $host $own) }}{{ $_ := set $out "host" (include "service.istio.v1.host" (dict "root" .root "item" .item "host" $host)) }}{{ end -}}
{{- toYaml $out -}}
{{- end }}

{{/*
A fault: requests that are turned away or delayed on purpose.
In: `abort` (a status, or a map as Istio writes it) and `delay` (a time, or such a map), for all requests unless
`percentage` says how many. Out: YAML of a map as Istio writes it.
*/}}
{{- define "service.istio.v1.fault" -}}
{{- $fault := . -}}
{{- $out := dict -}}
{{- range $field, $key := dict "abort" "httpStatus" "delay" "fixedDelay" -}}
  {{- with get $fault $field -}}
    {{- $one := include "service.istio.v1.short" (dict "value" . "key" $key) | fromYaml -}}
    {{- if not (include "service.present" (omit $one "percentage")) -}}
      {{- fail (printf "`fault.%s` needs `%s`: a map replaces the value that a lower file says" $field $key) -}}
    {{- end -}}
    {{- $share := ternary $one.percentage 100 (hasKey $one "percentage") -}}
    {{- $_ := set $one "percentage" (include "service.istio.v1.short" (dict "value" $share "key" "value") | fromYaml) -}}
    {{- $_ := set $out $field $one -}}
  {{- end -}}
{{- end -}}
{{- toYaml $out -}}
{{- end }}

{{/*
Which other origins a browser may call from.
In: as Istio writes it, with `allowOrigins` as texts too. Out: YAML of a map as Istio writes it.
*/}}
{{- define "service.istio.v1.corsPolicy" -}}
{{- $policy := omit . "allowOrigins" -}}
{{- $origins := list -}}
{{- range .allowOrigins -}}
  {{- $origins = append $origins (include "service.istio.v1.stringMatch" . | fromYaml) -}}
{{- end -}}
{{- with $origins }}{{ $_ := set $policy "allowOrigins" . }}{{ end -}}
{{- toYaml $policy -}}
{{- end }}
