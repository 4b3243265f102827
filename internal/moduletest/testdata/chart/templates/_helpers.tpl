{{- define "fixture.labels" -}}
app.kubernetes.io/name: prefect-server
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}
{{- define "fixture.password" -}}
valueFrom: {secretKeyRef: {name: {{ .Values.postgresql.existingSecret }}, key: postgres-password}}
{{- end -}}
{{- define "fixture.database" -}}
{{- if .Values.postgresql.useSubChart -}}
{{ .Release.Name }}-postgresql.{{ .Release.Namespace }}
{{- else -}}
{{ .Values.postgresql.externalHostname }}
{{- end -}}
{{- end -}}
