{{/* Who may read metrics and ask for readiness. */}}
{{- define "mayfly.metricsIngress" }}
    - from:
        {{- if .Values.networkPolicy.metricsPeers }}
        {{- toYaml .Values.networkPolicy.metricsPeers | nindent 8 }}
        # `helm test` asks whether all are ready.
        - podSelector:
            matchLabels:
              {{- include "mayfly.selectorLabels" (dict "root" . "component" "test") | nindent 14 }}
        {{- else }}
        - namespaceSelector: {}
        {{- end }}
      ports: [{ port: admin }]
{{- end }}
