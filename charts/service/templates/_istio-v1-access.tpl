{{/*
Which pods a policy is for.
In: `root` and `item` (the values of the policy): `selector`, labels besides `app`, or `targetRefs`.
Out: YAML of a map with `selector` or `targetRefs`; an empty map is the whole namespace.
*/}}
{{- define "service.istio.v1.target" -}}
{{- if and .item.targetRefs .item.selector -}}
  {{- fail "a policy says either `selector` or `targetRefs`, not both" -}}
{{- end -}}
{{- $labels := include "service.selector" (dict "root" .root "selector" .item.selector) | fromYaml -}}
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
