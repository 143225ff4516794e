{{/*
The objects of one kind of Istio, as the version that the values name understands them. A version is a set of helpers
`service.istio.VERSION.KIND` in a file of its own; add it to $known.
In: `root` and `kind`. Out: YAML of a list of maps for service.object (`key`, `item`, `spec`), or nothing.
*/}}
{{- define "service.istio" -}}
{{- $known := list "v1" -}}
{{- $version := .root.Values.istioConfigVersion -}}
{{- if or (kindIs "map" .root.Values.istio) .root.Values.canary -}}
  {{- if not $version -}}
    {{- $need := "`istio` and `canary` need `istioConfigVersion`, the version that they are written for" -}}
    {{- fail (printf "%s; known: %s" $need (join ", " $known)) -}}
  {{- end -}}
  {{- if not (has $version $known) -}}
    {{- fail (printf "istioConfigVersion %q is not known; known: %s" (toString $version) (join ", " $known)) -}}
  {{- end -}}
  {{- include (printf "service.istio.%s.%s" $version .kind) .root -}}
{{- end -}}
{{- end }}
