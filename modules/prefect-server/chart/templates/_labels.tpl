{{- define "support.labels" -}}
app.kubernetes.io/part-of: {{ .Values.release }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}
{{- /* The pods of the release, as the Prefect Server chart labels them. */ -}}
{{- define "support.release" -}}
app.kubernetes.io/instance: {{ .Values.release }}
{{- end -}}
