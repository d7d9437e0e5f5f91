{{/* MAYFLY_CODE_STORE */}}
{{- define "mayfly.codeStore" -}}
{{- if eq .Values.codeStore.type "s3" -}}
{{- $s3 := .Values.codeStore.s3 -}}
{{- $store := dict "type" "s3" "bucket" (required "codeStore.s3.bucket: name the bucket" $s3.bucket) "region" $s3.region "forcePathStyle" $s3.forcePathStyle -}}
{{- with $s3.prefix }}{{ $_ := set $store "prefix" . }}{{ end -}}
{{- with $s3.endpoint }}{{ $_ := set $store "endpoint" . }}{{ end -}}
{{- toJson $store -}}
{{- else -}}
{{- $store := dict "type" "volume" "path" "/var/lib/mayfly/code" -}}
{{- if include "mayfly.codeIsMirrored" . }}{{ $_ := set $store "replicas" (int .Values.operator.replicas) }}{{ end -}}
{{- toJson $store -}}
{{- end -}}
{{- end -}}

{{/* Each operator has a folder of its own, and mirrors the leader's; empty: not so. */}}
{{- define "mayfly.codeIsMirrored" -}}
{{- if and (eq .Values.codeStore.type "volume") (not .Values.codeStore.volume.persistence.enabled) }}true{{ end -}}
{{- end -}}

{{/* The claim's name; empty: none. */}}
{{- define "mayfly.codeClaim" -}}
{{- $persistence := .Values.codeStore.volume.persistence -}}
{{- if and (eq .Values.codeStore.type "volume") $persistence.enabled -}}
{{- if and (eq $persistence.accessMode "ReadWriteOnce") (gt (int .Values.operator.replicas) 1) (not $persistence.existingClaim) -}}
{{- fail "codeStore.volume.persistence.accessMode: ReadWriteOnce needs operator.replicas: 1; take ReadWriteMany, or codeStore.type: s3" -}}
{{- end -}}
{{- $persistence.existingClaim | default (printf "%s-code" (include "mayfly.fullname" .)) -}}
{{- end -}}
{{- end -}}
