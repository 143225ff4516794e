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
