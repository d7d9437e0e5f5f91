{{/* Prefix of the names of all objects; the longest suffix is 17 characters. */}}
{{- define "mayfly.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride -}}
{{- else if contains "mayfly" .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-mayfly" (.Release.Name | trunc 33 | trimSuffix "-") -}}
{{- end -}}
{{- end -}}

{{/*
What never changes: a Deployment's selector cannot. Takes root and component. The operator lets in pods with these
labels where functions are, and knows its release by its full name.
*/}}
{{- define "mayfly.selectorLabels" -}}
app.kubernetes.io/name: mayfly
app.kubernetes.io/instance: {{ include "mayfly.fullname" .root }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- define "mayfly.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{ include "mayfly.selectorLabels" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
{{- end -}}

{{/* Takes root and image. */}}
{{- define "mayfly.image" -}}
{{- if .image.digest -}}
{{- printf "%s@%s" .image.repository .image.digest -}}
{{- else -}}
{{- printf "%s:%s" .image.repository (.image.tag | default .root.Chart.AppVersion) -}}
{{- end -}}
{{- end -}}

{{- define "mayfly.leaderHost" -}}
{{- printf "%s-operator-leader.%s.svc" (include "mayfly.fullname" .) .Release.Namespace -}}
{{- end -}}

{{- define "mayfly.apiHost" -}}
{{- .Values.exposure.apiHost | default (printf "lambda.%s.%s" .Values.region .Values.urls.domain) -}}
{{- end -}}

{{- define "mayfly.urlHosts" -}}
{{- printf "*.lambda-url.%s.%s" .Values.region .Values.urls.domain -}}
{{- end -}}

{{/* The restricted Pod Security Standard. */}}
{{- define "mayfly.podSecurityContext" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- define "mayfly.containerSecurityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}

{{/* Where a pod runs; takes root, component and the component's values. */}}
{{- define "mayfly.scheduling" -}}
{{- with .values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
topologySpreadConstraints:
  {{- range $key := list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
  - maxSkew: 1
    topologyKey: {{ $key }}
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "mayfly.selectorLabels" $ | nindent 8 }}
    # Pods of the revision that is being replaced do not count.
    matchLabelKeys: [pod-template-hash]
  {{- end }}
{{- end -}}

{{/* Variables that operator and gateway share. */}}
{{- define "mayfly.env" -}}
- name: MAYFLY_POD_NAME
  valueFrom: { fieldRef: { fieldPath: metadata.name } }
- name: MAYFLY_POD_NAMESPACE
  valueFrom: { fieldRef: { fieldPath: metadata.namespace } }
- name: MAYFLY_FULLNAME
  value: {{ include "mayfly.fullname" . }}
- name: MAYFLY_LEADER_HOST
  value: {{ include "mayfly.leaderHost" . }}
- name: MAYFLY_LINK_PORT
  value: '9443'
- name: MAYFLY_ADMIN_PORT
  value: '9090'
- name: MAYFLY_LOG_LEVEL
  value: {{ .Values.logLevel }}
- name: MAYFLY_REGION
  value: {{ .Values.region }}
- name: MAYFLY_ACCOUNT_ID
  value: {{ .Values.accountId | quote }}
- name: MAYFLY_ACCOUNT_CONCURRENCY
  value: {{ .Values.accountConcurrency | int64 | quote }}
- name: MAYFLY_URL_DOMAIN
  value: {{ .Values.urls.domain }}
{{- end -}}

{{- define "mayfly.probes" -}}
startupProbe:
  httpGet: { path: /healthz, port: admin }
  periodSeconds: 1
  failureThreshold: 60
livenessProbe:
  httpGet: { path: /healthz, port: admin }
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
readinessProbe:
  httpGet: { path: /readyz, port: admin }
  periodSeconds: 2
  timeoutSeconds: 2
  failureThreshold: 2
{{- end -}}
