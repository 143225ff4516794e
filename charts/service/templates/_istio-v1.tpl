{{/*
VirtualServices: the app's own, as soon as `istio` says anything about routes or a canary runs, and those of
`istio.virtualServices`. With a gateway the app has two: `frontend-ingress` for `hosts` at the gateway, and `frontend`
for callers inside the mesh, who use the name of the Service.
In: the root context. Out: YAML of a list for service.object, or nothing.
*/}}
{{- define "service.istio.v1.VirtualService" -}}
{{- $root := . -}}
{{- $istio := include "service.present" .Values.istio | fromYaml -}}
{{- $own := include "service.istio.v1.routeKeys" . | fromYamlArray -}}
{{- $said := dict -}}
{{- range $own -}}
  {{- if hasKey $istio . }}{{ $_ := set $said . (get $istio .) }}{{ end -}}
{{- end -}}
{{- $services := dict -}}
{{- if $said.gateway -}}
  {{- $_ := set $services "ingress" $said -}}
{{- end -}}
{{- $mesh := ternary (omit $said "gateway" "hosts" "paths" "port" "tcpRoutes" "tlsRoutes") $said (hasKey $services "ingress") -}}
{{- $raw := and $said.gateway (not $mesh) (or $said.tcpRoutes $said.tlsRoutes) -}}
{{- if and (or $said .Values.canary) (not (and $said.gateway (eq (toString $istio.mesh) "false"))) (not $raw) -}}
  {{- $_ := set $services "" $mesh -}}
{{- end -}}
{{- range $key, $item := $istio.virtualServices -}}
  {{- $_ := set $services $key (include "service.over" (dict "base" (get $services $key | default dict) "over" $item) | fromYaml) -}}
  {{- if kindIs "invalid" $item }}{{ $_ := unset $services $key }}{{ end -}}
{{- end -}}
{{- $list := list -}}
{{- range $key, $item := $services -}}
  {{- $spec := include "service.istio.v1.virtualService" (dict "root" $root "item" $item) | fromYaml -}}
  {{- $list = append $list (dict "key" $key "item" $item "spec" $spec) -}}
{{- end -}}
{{- toYaml $list -}}
{{- end }}

{{/*
DestinationRules: the app's own when it has subsets or a traffic policy, and those of `istio.destinationRules`.
In: the root context. Out: YAML of a list for service.object, or nothing.
*/}}
{{- define "service.istio.v1.DestinationRule" -}}
{{- $root := . -}}
{{- $istio := include "service.present" .Values.istio | fromYaml -}}
{{- $rules := include "service.present" $istio.destinationRules | fromYaml -}}
{{- $subsets := include "service.istio.v1.subsets" . | fromYaml -}}
{{- if or $subsets $istio.trafficPolicy -}}
  {{- $_ := set $rules "" (dict "subsets" $subsets "trafficPolicy" $istio.trafficPolicy) -}}
{{- end -}}
{{- $list := list -}}
{{- range $key, $item := $rules -}}
  {{- $spec := pick $item "exportTo" -}}
  {{- $own := include "service.istio.v1.host" (dict "root" $root "item" $item "host" (include "service.istio.v1.ownHost" $root)) -}}
  {{- $_ := set $spec "host" ($item.host | default $own) -}}
  {{- include "service.istio.v1.checkHost" (dict "root" $root "item" $item "place" "a DestinationRule" "host" $spec.host) -}}
  {{- with $item.trafficPolicy -}}
    {{- $_ := set $spec "trafficPolicy" (include "service.istio.v1.trafficPolicy" . | fromYaml) -}}
  {{- end -}}
  {{- with include "service.istio.v1.subsetList" (dict "root" $root "subsets" $item.subsets) -}}
    {{- $_ := set $spec "subsets" (fromYamlArray .) -}}
  {{- end -}}
  {{- $list = append $list (dict "key" $key "item" $item "spec" $spec) -}}
{{- end -}}
{{- toYaml $list -}}
{{- end }}

{{/*
Gateways: those of `istio.gateways`.
In: the root context. Out: YAML of a list for service.object, or nothing.
*/}}
{{- define "service.istio.v1.Gateway" -}}
{{- $istio := include "service.present" .Values.istio | fromYaml -}}
{{- $list := list -}}
{{- range $key, $item := include "service.present" $istio.gateways | fromYaml -}}
  {{- $selector := include "service.present" $item.selector | fromYaml | default (dict "istio" "ingressgateway") -}}
  {{- $spec := dict "selector" $selector -}}
  {{- $servers := list -}}
  {{- $wanted := $item.servers | default (dict "http" (dict "port" 80)) -}}
  {{- range include "service.keyed" (dict "items" $wanted "key" "key") | fromYamlArray -}}
    {{- $in := dict "server" . "hosts" ($istio.hosts | default (list "*")) -}}
    {{- $servers = append $servers (include "service.istio.v1.server" $in | fromYaml) -}}
  {{- end -}}
  {{- $_ := set $spec "servers" $servers -}}
  {{- $list = append $list (dict "key" $key "item" $item "spec" $spec) -}}
{{- end -}}
{{- toYaml $list -}}
{{- end }}

{{/*
RequestAuthentications: the app's own, `istio.jwt` and `istio.jwtRules`, and those of `istio.requestAuthentications`.
In: the root context. Out: YAML of a list for service.object, or nothing.
*/}}
{{- define "service.istio.v1.RequestAuthentication" -}}
{{- $root := . -}}
{{- $istio := include "service.present" .Values.istio | fromYaml -}}
{{- $items := include "service.present" $istio.requestAuthentications | fromYaml -}}
{{- $own := include "service.present" $istio.jwtRules | fromYaml -}}
{{- with $istio.jwt -}}
  {{- $_ := set $own "" (include "service.present" (omit . "required" "except") | fromYaml) -}}
{{- end -}}
{{- with $own -}}
  {{- $_ := set $items "" (dict "jwtRules" .) -}}
{{- end -}}
{{- $list := list -}}
{{- range $key, $item := $items -}}
  {{- $place := ternary (printf "istio.requestAuthentications.%s" $key) "istio.jwt" (ne $key "") -}}
  {{- $spec := include "service.istio.v1.target" (dict "root" $root "item" $item "place" $place) | fromYaml -}}
  {{- with include "service.keyed" (dict "items" $item.jwtRules "key" "") | fromYamlArray -}}
    {{- $_ := set $spec "jwtRules" . -}}
  {{- end -}}
  {{- range $name, $rule := $item.jwtRules -}}
    {{- if $rule }}{{ include "service.istio.v1.checkJwt" (dict "place" $place "key" $name "rule" $rule) }}{{ end -}}
  {{- end -}}
  {{- $list = append $list (dict "key" $key "item" $item "spec" $spec) -}}
{{- end -}}
{{- toYaml $list -}}
{{- end }}

{{/*
AuthorizationPolicies: `frontend-allow` and `frontend-deny` for the rules of `istio.allow` and `istio.deny`,
`frontend-jwt`, which turns requests without a token away, and those of `istio.authorizationPolicies`.
In: the root context. Out: YAML of a list for service.object, or nothing.
*/}}
{{- define "service.istio.v1.AuthorizationPolicy" -}}
{{- $root := . -}}
{{- $istio := include "service.present" .Values.istio | fromYaml -}}
{{- $items := dict -}}
{{- range $action := list "allow" "deny" -}}
  {{- if not (kindIs "invalid" (index $istio $action)) -}}
    {{- $_ := set $items $action (dict "action" (upper $action) "rules" (index $istio $action)) -}}
  {{- end -}}
{{- end -}}
{{- $jwt := $istio.jwt | default dict -}}
{{- if and (or $jwt $istio.jwtRules) (ne (toString $jwt.required) "false") -}}
  {{- /* An identity has a subject; the token of a machine may have none, and its issuer says that it is one. */}}
  {{- $rule := dict "from" (dict "notRequestPrincipals" (list "*")) -}}
  {{- $_ := set $rule "when" (dict "request.auth.claims[iss]" (dict "notValues" (list "*"))) -}}
  {{- with $jwt.except }}{{ $_ := set $rule "to" (include "service.istio.v1.except" . | fromYamlArray) }}{{ end -}}
  {{- $_ := set $items "jwt" (dict "action" "DENY" "rules" (dict "token" $rule)) -}}
  {{- include "service.istio.v1.checkPreflight" $istio -}}
{{- end -}}
{{- range $key, $item := include "service.present" $istio.authorizationPolicies | fromYaml -}}
  {{- $_ := set $items $key $item -}}
{{- end -}}
{{- $list := list -}}
{{- range $key, $item := $items -}}
  {{- $place := printf "istio.authorizationPolicies.%s" $key -}}
  {{- if not (hasKey (include "service.present" $istio.authorizationPolicies | fromYaml) $key) -}}
    {{- $place = printf "istio.%s" $key -}}
  {{- end -}}
  {{- $spec := include "service.istio.v1.target" (dict "root" $root "item" $item "place" $place) | fromYaml -}}
  {{- range $field := list "action" "provider" -}}
    {{- with get $item $field }}{{ $_ := set $spec $field . }}{{ end -}}
  {{- end -}}
  {{- with include "service.istio.v1.rules" $item.rules -}}
    {{- $_ := set $spec "rules" (fromYamlArray .) -}}
  {{- end -}}
  {{- $in := dict "place" $place "policy" (merge (dict) ($item.spec | default dict) $spec) "rules" $item.rules -}}
  {{- include "service.istio.v1.checkPolicy" (merge $in (dict "issuers" (include "service.istio.v1.issuers" $istio | fromYamlArray))) -}}
  {{- $list = append $list (dict "key" $key "item" $item "spec" $spec) -}}
{{- end -}}
{{- toYaml $list -}}
{{- end }}

{{/*
Objects of any other kind: `istio.objects`, each with `kind` and `spec`, and with `apiVersion` when the kind is not
one of those below; and the PeerAuthentication of the app, `istio.mtls`. What selects pods has those of the app unless it
says others, or the whole namespace.
In: the root context. Out: YAML of a list for service.object with `apiVersion`, or nothing.
*/}}
{{- define "service.istio.v1.Object" -}}
{{- $istio := include "service.present" .Values.istio | fromYaml -}}
{{- $known := dict
  "AuthorizationPolicy" "security.istio.io/v1"
  "EnvoyFilter" "networking.istio.io/v1alpha3"
  "PeerAuthentication" "security.istio.io/v1"
  "ProxyConfig" "networking.istio.io/v1beta1"
  "RequestAuthentication" "security.istio.io/v1"
  "ServiceEntry" "networking.istio.io/v1"
  "Sidecar" "networking.istio.io/v1"
  "Telemetry" "telemetry.istio.io/v1"
  "WasmPlugin" "extensions.istio.io/v1alpha1"
  "WorkloadEntry" "networking.istio.io/v1"
  "WorkloadGroup" "networking.istio.io/v1" -}}
{{- $list := list -}}
{{- with $istio.mtls -}}
  {{- $item := dict "kind" "PeerAuthentication" "spec" (include "service.istio.v1.mtls" (dict "root" $ "mtls" .) | fromYaml) -}}
  {{- $spec := include "service.istio.v1.objectTarget" (dict "root" $ "item" $item "place" "istio.mtls") | fromYaml -}}
  {{- $list = append $list (dict "apiVersion" (get $known $item.kind) "key" "" "item" $item "spec" $spec) -}}
{{- end -}}
{{- range $key, $item := include "service.present" $istio.objects | fromYaml -}}
  {{- $apiVersion := $item.apiVersion | default (get $known $item.kind) -}}
  {{- if not $apiVersion -}}
    {{- $have := keys $known | sortAlpha | join ", " -}}
    {{- fail (printf "istio.objects.%s needs `apiVersion`: the kind %s is none of %s" $key $item.kind $have) -}}
  {{- end -}}
  {{- $spec := dict -}}
  {{- if contains "istio.io/" $apiVersion -}}
    {{- $in := dict "root" $ "item" $item "place" (printf "istio.objects.%s" $key) -}}
    {{- $spec = include "service.istio.v1.objectTarget" $in | fromYaml -}}
  {{- end -}}
  {{- $list = append $list (dict "apiVersion" $apiVersion "key" $key "item" $item "spec" $spec) -}}
{{- end -}}
{{- toYaml $list -}}
{{- end }}
