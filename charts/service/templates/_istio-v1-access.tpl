{{/*
Which pods a policy is for.
In: `root`, `item` (the values of the policy): `selector`, labels besides those of the app's pods, `targetRefs` or
`wholeNamespace`, and `place` (where it is said).
Out: YAML of a map with `selector` or `targetRefs`; an empty map is the whole namespace.
*/}}
{{- define "service.istio.v1.target" -}}
{{- $whole := eq (toString .item.wholeNamespace) "true" -}}
{{- if and .item.targetRefs .item.selector -}}
  {{- fail "a policy says either `selector` or `targetRefs`, not both" -}}
{{- else if and $whole (or .item.targetRefs .item.selector) -}}
  {{- fail (printf "`%s` says `wholeNamespace` beside `selector` or `targetRefs`" .place) -}}
{{- end -}}
{{- $elsewhere := ne (.item.namespace | default .root.Release.Namespace) .root.Release.Namespace -}}
{{- if and $elsewhere (not (or $whole .item.targetRefs .item.selector)) -}}
  {{- $way := "`selector` says which pods it is for (null takes a label of the app away), `wholeNamespace: true` that it is for all" -}}
  {{- fail (printf "`%s` is in the namespace %s, where the app has no pods: %s" .place .item.namespace $way) -}}
{{- end -}}
{{- $labels := dict -}}
{{- if not (or $whole .item.targetRefs) -}}
  {{- $labels = include "service.selector" (dict "root" .root "selector" .item.selector) | fromYaml -}}
{{- end -}}
{{- if .item.targetRefs -}}
{{ toYaml (pick .item "targetRefs") }}
{{- else if $labels -}}
{{ toYaml (dict "selector" (dict "matchLabels" $labels)) }}
{{- else -}}
{}
{{- end -}}
{{- end }}

{{/*
The rules of an AuthorizationPolicy.
In: a map by key, or a list as Istio writes it. In the map `from` and `to` are one map of fields each or several by
list, and `when` is a map by attribute, of values or of `values` and `notValues`.
Out: YAML of the list, or nothing, which is no rule at all.
*/}}
{{- define "service.istio.v1.rules" -}}
{{- $rules := list -}}
{{- if kindIs "slice" . -}}
  {{- $rules = . -}}
{{- else -}}
  {{- range $key, $rule := include "service.present" . | fromYaml -}}
    {{- $rules = append $rules (include "service.istio.v1.rule" $rule | fromYaml) -}}
  {{- end -}}
{{- end -}}
{{- with $rules -}}
{{ toYaml . }}
{{- end -}}
{{- end }}

{{/*
One rule of an AuthorizationPolicy.
In: a rule as service.istio.v1.rules has it by key. Out: YAML of a map as Istio writes it.
*/}}
{{- define "service.istio.v1.rule" -}}
{{- $rule := . -}}
{{- $out := dict -}}
{{- range $field, $inner := dict "from" "source" "to" "operation" -}}
  {{- $list := list -}}
  {{- with get $rule $field -}}
    {{- range ternary . (list .) (kindIs "slice" .) -}}
      {{- $list = append $list (ternary . (dict $inner .) (hasKey . $inner)) -}}
    {{- end -}}
    {{- $_ := set $out $field $list -}}
  {{- end -}}
{{- end -}}
{{- if kindIs "map" .when -}}
  {{- $list := list -}}
  {{- range $key, $value := include "service.present" .when | fromYaml -}}
    {{- $list = append $list (merge (dict "key" $key) (ternary $value (dict "values" $value) (kindIs "map" $value))) -}}
  {{- end -}}
  {{- $_ := set $out "when" $list -}}
{{- else if .when -}}
  {{- $_ := set $out "when" .when -}}
{{- end -}}
{{- toYaml $out -}}
{{- end }}

{{/*
Refuses tokens that could not be checked.
In: `place` (where they are said), `key` (in a map or a list) and `rule`. Out: nothing, or an error.
*/}}
{{- define "service.istio.v1.checkJwt" -}}
{{- $place := .place -}}
{{- if and (eq $place "istio.jwt") .key -}}
  {{- $place = printf "istio.jwtRules.%v" .key -}}
{{- end -}}
{{- if not .rule.issuer -}}
  {{- fail (printf "`%s` needs `issuer`, which the tokens name as theirs" $place) -}}
{{- else if and .rule.jwks .rule.jwksUri -}}
  {{- fail (printf "`%s` says either `jwks` or `jwksUri`, not both (null takes one away)" $place) -}}
{{- end -}}
{{- end }}

{{/*
The issuers that the values know.
In: `istio` of the values. Out: YAML of a list, or nothing.
*/}}
{{- define "service.istio.v1.issuers" -}}
{{- $rules := list .jwt -}}
{{- $groups := list .jwtRules -}}
{{- range $key, $item := .requestAuthentications -}}
  {{- if $item }}{{ $groups = append $groups $item.jwtRules }}{{ end -}}
{{- end -}}
{{- range $groups -}}
  {{- range $key, $rule := . }}{{ $rules = append $rules $rule }}{{ end -}}
{{- end -}}
{{- range compact $rules -}}
  {{- with .issuer }}
- {{ toYaml . }}
  {{- end -}}
{{- end -}}
{{- end }}

{{/*
Refuses a policy that never holds, or holds for more requests than it seems to.
In: `place` (where it is said), `policy` (its spec), `rules` (as the values have them, for their keys) and `issuers`.
Out: nothing, or an error.
*/}}
{{- define "service.istio.v1.checkPolicy" -}}
{{- $action := .policy.action | default "ALLOW" -}}
{{- if and (eq $action "DENY") (not .policy.rules) -}}
  {{- fail (printf "`%s` has no rule, so nobody is turned away; null takes it away" .place) -}}
{{- else if ne (eq $action "CUSTOM") (kindIs "map" .policy.provider) -}}
  {{- fail (printf "`%s`: the action CUSTOM needs `provider`, and no other has one" .place) -}}
{{- end -}}
{{- range $key, $rule := .rules -}}
  {{- $in := dict "place" (printf "%s.%v" $.place $key) "rule" $rule "issuers" $.issuers -}}
  {{- if kindIs "map" $rule }}{{ include "service.istio.v1.checkRule" $in }}{{ end -}}
{{- end -}}
{{- end }}

{{/*
Refuses a rule with an empty list, which reads as "nobody" and means "everybody", and tokens of an issuer that no
RequestAuthentication knows.
In: `place`, `rule` (as the values have it) and `issuers`. Out: nothing, or an error.
*/}}
{{- define "service.istio.v1.checkRule" -}}
{{- $all := "Istio takes that for all; null takes it away" -}}
{{- $rule := include "service.istio.v1.rule" .rule | fromYaml -}}
{{- range $field, $inner := dict "from" "source" "to" "operation" -}}
  {{- $said := get $.rule $field -}}
  {{- if and (kindIs "slice" $said) (not $said) -}}
    {{- fail (printf "`%s.%s` is an empty list: %s" $.place $field $all) -}}
  {{- else if and (kindIs "map" $said) (not $said) -}}
    {{- fail (printf "`%s.%s` says nothing: %s" $.place $field $all) -}}
  {{- end -}}
  {{- range get $rule $field | default list -}}
    {{- $one := include "service.present" (get . $inner) | fromYaml -}}
    {{- if not $one -}}
      {{- fail (printf "`%s.%s` has a %s that says nothing: %s" $.place $field $inner $all) -}}
    {{- end -}}
    {{- range $name, $values := $one -}}
      {{- if not $values }}{{ fail (printf "`%s.%s.%s` is an empty list: %s" $.place $field $name $all) }}{{ end -}}
    {{- end -}}
    {{- if and $one.serviceAccounts (or $one.namespaces $one.principals) -}}
      {{- fail (printf "`%s.from` says either `serviceAccounts`, or `namespaces` and `principals`: an account has its namespace in it" $.place) -}}
    {{- end -}}
    {{- range concat ($one.requestPrincipals | default list) ($one.notRequestPrincipals | default list) -}}
      {{- include "service.istio.v1.checkPrincipal" (dict "place" $.place "principal" . "issuers" $.issuers) -}}
    {{- end -}}
  {{- end -}}
{{- end -}}
{{- range $rule.when -}}
  {{- if not (or .values .notValues) -}}
    {{- fail (printf "`%s.when` has no values for %s: %s" $.place .key $all) -}}
  {{- end -}}
{{- end -}}
{{- end }}

{{/*
Refuses the identity of a token that no issuer gives. It is the issuer, a slash and the subject, or a part of that
with `*` at one end.
In: `place`, `principal` and `issuers` (when none is known, others have said them). Out: nothing, or an error.
*/}}
{{- define "service.istio.v1.checkPrincipal" -}}
{{- $begin := trimSuffix "*" .principal -}}
{{- $given := or (not .issuers) (hasPrefix "*" .principal) -}}
{{- range .issuers -}}
  {{- $given = or $given (hasPrefix (printf "%s/" .) $begin) (and (hasSuffix "*" $.principal) (hasPrefix $begin (printf "%s/" .))) -}}
{{- end -}}
{{- if not $given -}}
  {{- $have := join ", " .issuers -}}
  {{- fail (printf "`%s` names the token of `%s`, but the issuers are %s: an identity is the issuer, a slash and the subject" .place .principal $have) -}}
{{- end -}}
{{- end }}

{{/*
What a DENY of requests without a token leaves alone.
In: a list of paths and of `{paths, methods, hosts, ports}`, of which a request must have all. Out: YAML of a list of
operations as Istio writes it: a request is turned away when one of them holds, so each has one field of every exception.
*/}}
{{- define "service.istio.v1.except" -}}
{{- $operations := list dict -}}
{{- range . -}}
  {{- $fields := kindIs "map" . | ternary . (dict "paths" (list .)) -}}
  {{- $next := list -}}
  {{- range $operation := $operations -}}
    {{- range $field, $values := include "service.present" $fields | fromYaml -}}
      {{- $not := printf "not%s" (title $field) -}}
      {{- $all := concat (get $operation $not | default list) $values -}}
      {{- $next = append $next (merge (dict $not $all) $operation) -}}
    {{- end -}}
  {{- end -}}
  {{- if or (not $next) (gt (len $next) 64) -}}
    {{- fail (printf "`istio.jwt.except`: %s" (ternary "64 combinations of fields are the most" "an entry says nothing" (not (empty $next)))) -}}
  {{- end -}}
  {{- $operations = $next -}}
{{- end -}}
{{- toYaml $operations -}}
{{- end }}

{{/*
Refuses a rule for preflight requests that can never hold: a browser sends no token with them, and who has none is turned
away first.
In: `istio` of the values. Out: nothing, or an error.
*/}}
{{- define "service.istio.v1.checkPreflight" -}}
{{- $open := list -}}
{{- $methods := list -}}
{{- range .jwt | default dict | dig "except" list | default list -}}
  {{- if kindIs "map" . -}}
    {{- $methods = concat $methods (.methods | default list) -}}
  {{- else -}}
    {{- $open = append $open . -}}
  {{- end -}}
{{- end -}}
{{- range $key, $said := .allow -}}
  {{- if and $said (not (has "OPTIONS" $methods)) -}}
    {{- $rule := include "service.istio.v1.rule" $said | fromYaml -}}
    {{- $dead := not (empty $rule.to) -}}
    {{- range $rule.to -}}
      {{- $closed := false -}}
      {{- range .operation.paths | default (list "") }}{{ $closed = or $closed (not (has . $open)) }}{{ end -}}
      {{- $dead = and $dead $closed (eq (join " " .operation.methods) "OPTIONS") -}}
    {{- end -}}
    {{- range $rule.from }}{{ if .source.requestPrincipals }}{{ $dead = false }}{{ end }}{{ end -}}
    {{- range $rule.when }}{{ if hasPrefix "request.auth." .key }}{{ $dead = false }}{{ end }}{{ end -}}
    {{- if $dead -}}
      {{- $way := "`jwt: {except: [{methods: [OPTIONS]}]}` lets them in" -}}
      {{- fail (printf "`istio.allow.%v` is for OPTIONS alone, but `istio.jwt` turns requests without a token away first, and browsers send none with those: %s" $key $way) -}}
    {{- end -}}
  {{- end -}}
{{- end -}}
{{- end }}

{{/*
The mTLS of the app's own PeerAuthentication.
In: `root` and `mtls`: a mode, or `{mode, ports}`, where `ports` are modes by the number or name of a port of the container.
Out: YAML of a map as Istio writes it.
*/}}
{{- define "service.istio.v1.mtls" -}}
{{- $said := kindIs "map" .mtls | ternary .mtls (dict "mode" .mtls) -}}
{{- if not $said.mode -}}
  {{- fail "`istio.mtls` needs `mode` beside `ports`, for a map replaces the mode that a lower file says; UNSET is that of the namespace" -}}
{{- end -}}
{{- $spec := dict "mtls" (dict "mode" $said.mode) -}}
{{- $container := include "service.containerPorts" .root.Values.ports | fromYaml -}}
{{- $ports := dict -}}
{{- range $port, $mode := include "service.present" $said.ports | fromYaml -}}
  {{- $number := $port -}}
  {{- if not (regexMatch "^[0-9]+$" $port) -}}
    {{- if not (hasKey $container $port) -}}
      {{- $have := keys $container | sortAlpha | join ", " | default "none" -}}
      {{- fail (printf "`istio.mtls.ports` names the port `%s`, which the container has not (it has: %s)" $port $have) -}}
    {{- end -}}
    {{- $number = (get $container $port).containerPort | int | toString -}}
  {{- end -}}
  {{- $_ := set $ports $number (dict "mode" $mode) -}}
{{- end -}}
{{- with $ports }}{{ $_ := set $spec "portLevelMtls" . }}{{ end -}}
{{- toYaml $spec -}}
{{- end }}

{{/*
Which pods an object of `istio.objects` is for.
In: `root`, `item` (its values: `kind`, `spec`, `selector`, `wholeNamespace`) and `place`. Out: YAML of a map with the
selector of the kind; empty for a kind that has none, and if the spec says its own.
*/}}
{{- define "service.istio.v1.objectTarget" -}}
{{- $own := list "AuthorizationPolicy" "PeerAuthentication" "ProxyConfig" "RequestAuthentication" "Telemetry" "WasmPlugin" -}}
{{- $workload := list "EnvoyFilter" "Sidecar" -}}
{{- $said := dict -}}
{{- range $field := list "selector" "targetRef" "targetRefs" "workloadSelector" -}}
  {{- if hasKey $.item.spec $field }}{{ $_ := set $said $field true }}{{ end -}}
{{- end -}}
{{- if not (or (has .item.kind $own) (has .item.kind $workload)) -}}
  {{- if or .item.selector .item.wholeNamespace -}}
    {{- fail (printf "`%s`: `selector` and `wholeNamespace` are for %s" .place (concat $own $workload | sortAlpha | join ", ")) -}}
  {{- end -}}
{}
{{- else if and $said (or .item.selector .item.wholeNamespace) -}}
  {{- fail (printf "`%s` says the pods it is for in `spec.%s` and beside it" .place (keys $said | sortAlpha | first)) -}}
{{- else if $said -}}
{}
{{- else -}}
  {{- $target := include "service.istio.v1.target" . | fromYaml -}}
  {{- if and $target (has .item.kind $workload) -}}
    {{- $target = dict "workloadSelector" (dict "labels" $target.selector.matchLabels) -}}
  {{- end -}}
{{- toYaml $target -}}
{{- end -}}
{{- end }}
