{{- define "support.labels" -}}
app.kubernetes.io/part-of: {{ .Values.release }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}
{{- /* The pods of the release, as the Prefect Server chart labels them. */ -}}
{{- define "support.release" -}}
app.kubernetes.io/instance: {{ .Values.release }}
{{- end -}}
{{- /* The pods of a further namespace's agent: a list of the top level and the agent. A label's value has 63 characters, as a
namespace may have. */ -}}
{{- define "support.agent" -}}
{{ include "support.release" (first .) }}
app.kubernetes.io/component: namespace-agent
agent-namespace: {{ (last .).namespace | quote }}
{{- end -}}
