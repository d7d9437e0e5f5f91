{{/* What the operator does where Functions are. */}}
{{- define "mayfly.functionRules" }}
  - apiGroups: ['']
    resources: [pods]
    verbs: [create, delete, patch]
  - apiGroups: ['']
    resources: [pods/resize]
    verbs: [patch]
  # Of environment.from and of code.zip.configMap: any name, but never a list.
  - apiGroups: ['']
    resources: [secrets, configmaps]
    verbs: [get]
  # Applied: a patch that may create.
  - apiGroups: [networking.k8s.io]
    resources: [networkpolicies]
    verbs: [create, patch, delete]
  - apiGroups: [events.k8s.io]
    resources: [events]
    verbs: [create]
{{- end }}
