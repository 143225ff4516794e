{{/*
The labels that select the pods of this workload, and nothing else: they can never change. Services and policies select
by fewer of them (`service.pods` of the service chart).
In: the root context. Out: YAML of a map.
*/}}
{{- define "workload.selector" -}}
{{- $labels := dict "app" (include "workload.app" .) -}}
{{- with .Values.track }}{{ $_ := set $labels "track" . }}{{ end -}}
{{- range $key, $value := .Values.selectorLabels -}}
  {{- $_ := set $labels $key $value -}}
{{- end -}}
{{- include "workload.present" $labels -}}
{{- end }}

{{/*
The labels of every object.
In: the root context. Out: a map as YAML: the standard ones, the selector's over them, then `labels`.
*/}}
{{- define "workload.labels" -}}
{{- $selector := include "workload.selector" . | fromYaml -}}
{{- $labels := dict -}}
{{- if .Values.standardLabels -}}
  {{- $_ := set $labels "app.kubernetes.io/name" (include "workload.app" .) -}}
  {{- with include "workload.version" .Values -}}
    {{- $_ := set $labels "app.kubernetes.io/version" (regexReplaceAll "[^A-Za-z0-9_.-]" . "_" | trunc 63 | trimAll "_.-") -}}
  {{- end -}}
{{- end -}}
{{- range $key, $value := $selector }}{{ $_ := set $labels $key $value }}{{ end -}}
{{- range $key, $value := .Values.labels -}}
  {{- $_ := set $labels $key $value -}}
{{- end -}}
{{- include "workload.present" $labels -}}
{{- end }}

{{/*
The metadata of an object of this workload.
In: `root`; `name` unless it is the workload's; `labels` and `annotations` besides those of every object.
Out: YAML of a map.
*/}}
{{- define "workload.metadata" -}}
{{- $annotations := dict -}}
{{- range $over := list .root.Values.annotations .annotations -}}
  {{- range $key, $value := $over }}{{ $_ := set $annotations $key $value }}{{ end -}}
{{- end -}}
{{- $labels := include "workload.labels" .root | fromYaml -}}
{{- range $key, $value := .labels }}{{ $_ := set $labels $key $value }}{{ end -}}
name: {{ .name | default (include "workload.name" .root) | toYaml }}
namespace: {{ toYaml .root.Release.Namespace }}
labels:
  {{- include "workload.present" $labels | nindent 2 }}
{{- with include "workload.present" $annotations }}
annotations:
  {{- . | nindent 2 }}
{{- end }}
{{- end }}

{{/*
A map of strings without the entries that a stack file has removed with null.
In: a map or nothing. Out: YAML of the map, or nothing.
*/}}
{{- define "workload.present" -}}
{{- $present := dict -}}
{{- range $key, $value := . -}}
  {{- if not (kindIs "invalid" $value) -}}
    {{- $_ := set $present $key $value -}}
  {{- end -}}
{{- end -}}
{{- if $present -}}
{{ toYaml $present }}
{{- end -}}
{{- end }}

{{/*
Gives an object of `extraObjects` the namespace of the release, unless it says one, be it null, or belongs to none. A kind
whose name begins with Cluster is taken for one of the latter: kubectl fills in a namespace, but takes none away.
In: `root` and `object`. Out: nothing; changes the object.
*/}}
{{- define "workload.extraNamespace" -}}
{{- $global := list "APIService" "CSIDriver" "CSINode" "CertificateSigningRequest" "CustomResourceDefinition" "DeviceClass"
  "FlowSchema" "GatewayClass" "IPAddress" "IngressClass" "MutatingAdmissionPolicy" "MutatingAdmissionPolicyBinding"
  "MutatingWebhookConfiguration" "Namespace" "Node" "PersistentVolume" "PriorityClass" "PriorityLevelConfiguration"
  "ResourceSlice" "RuntimeClass" "ServiceCIDR" "StorageClass" "ValidatingAdmissionPolicy" "ValidatingAdmissionPolicyBinding"
  "ValidatingWebhookConfiguration" "VolumeAttachment" "VolumeAttributesClass" "VolumeSnapshotClass" "VolumeSnapshotContent" -}}
{{- $kind := toString .object.kind -}}
{{- if not (or (hasKey .object.metadata "namespace") (has $kind $global) (regexMatch "^Cluster[A-Z]" $kind)) -}}
  {{- $_ := set .object.metadata "namespace" .root.Release.Namespace -}}
{{- end -}}
{{- end }}
