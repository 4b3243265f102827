{{- /* Environment variables of containers. */ -}}

{{- /* Joins lists of variables. Of one name only the last is left: Kubernetes' own merges do not keep the order of two. */ -}}
{{- define "prefect-server.environment" -}}
{{- $names := list }}{{ $variables := dict -}}
{{- range . }}{{ range . -}}
{{- if not (hasKey $variables .name) }}{{ $names = append $names .name }}{{ end -}}
{{- $_ := set $variables .name . -}}
{{- end }}{{ end -}}
{{- $all := list -}}
{{- range $names }}{{ $all = append $all (get $variables .) }}{{ end -}}
{{- toYaml $all -}}
{{- end -}}

{{- /* Makes variables of nested settings: {a: {b: 1}} is PREFIX__A__B. A dict of prefix and settings. */ -}}
{{- define "prefect-server.settings" -}}
{{- $prefix := .prefix -}}
{{- range $key, $value := .settings -}}
{{- $name := printf "%s__%s" $prefix (upper $key) -}}
{{- if kindIs "map" $value -}}
{{- include "prefect-server.settings" (dict "prefix" $name "settings" $value) -}}
{{- else }}
- name: {{ $name }}
  value: {{ $value | toString | quote }}
{{- end -}}
{{- end -}}
{{- end -}}

{{- /* Where the services find each other, and prefectConfig. */ -}}
{{- define "prefect-server.config" -}}
- name: PREFECT_SERVER__API__URL
  value: {{ include "prefect-server.hasuraURL" . }}
- name: PREFECT_SERVER__HASURA__HOST
  value: {{ include "prefect-server.host" (list . "hasura") }}
- name: PREFECT_SERVER__HASURA__PORT
  value: {{ .Values.hasura.service.port | quote }}
- name: PREFECT_SERVER__SERVICES__APOLLO__PORT
  value: {{ .Values.apollo.service.port | quote }}
- name: PREFECT_SERVER__SERVICES__GRAPHQL__PORT
  value: {{ .Values.graphql.service.port | quote }}
{{- include "prefect-server.settings" (dict "prefix" "PREFECT_SERVER" "settings" .Values.prefectConfig) }}
{{- end -}}

{{- define "prefect-server.hasuraURL" -}}
{{- printf "http://%s:%v/v1alpha1/graphql" (include "prefect-server.host" (list . "hasura")) .Values.hasura.service.port -}}
{{- end -}}

{{- /* The database. Some settings have two spellings in the published chart: what it connects with is under auth and primary. */ -}}
{{- define "prefect-server.databaseHost" -}}
{{- if .Values.postgresql.useSubChart -}}
{{- printf "%s.%s" (include "prefect-server.databaseName" .) .Release.Namespace -}}
{{- else -}}
{{- required "postgresql.externalHostname is missing: name the database server's host, or set postgresql.useSubChart to true for a trial." .Values.postgresql.externalHostname -}}
{{- end -}}
{{- end -}}

{{- /* The name of the objects of the database for trials. */ -}}
{{- define "prefect-server.databaseName" -}}
{{- printf "%s-postgresql" (include "prefect-server.release" .) | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "prefect-server.databaseURL" -}}
{{- $port := .Values.postgresql.primary.service.ports.postgresql -}}
{{- range $old, $new := dict "postgresqlUsername" .Values.postgresql.auth.username "postgresqlDatabase" .Values.postgresql.auth.database "servicePort" $port -}}
{{- with get $.Values.postgresql $old }}{{ if ne (toString .) (toString $new) -}}
{{- fail (printf "postgresql.%s is %v, but the database is reached with %v. Remove the older spelling, or make them agree: auth.username, auth.database and primary.service.ports.postgresql count." $old . $new) -}}
{{- end }}{{ end -}}
{{- end -}}
{{- printf "postgresql://%s@%s:%v/%s" .Values.postgresql.auth.username (include "prefect-server.databaseHost" .) $port .Values.postgresql.auth.database -}}
{{- end -}}

{{- define "prefect-server.databaseSecret" -}}
{{- $old := .Values.postgresql.existingSecret }}{{ $new := .Values.postgresql.auth.existingSecret -}}
{{- if and $old $new (ne $old $new) -}}
{{- fail (printf "postgresql.existingSecret (%s) and postgresql.auth.existingSecret (%s) name two Secrets for one password. Keep one of them." $old $new) -}}
{{- end -}}
{{- $new | default $old | default (include "prefect-server.databaseName" .) -}}
{{- end -}}

{{- /* What a client of the database needs. libpq reads these, and so do Hasura and SQLAlchemy: the URL says nothing of TLS. */ -}}
{{- define "prefect-server.databaseClient" -}}
- name: PGPASSWORD
  valueFrom:
    secretKeyRef:
      name: {{ include "prefect-server.databaseSecret" . }}
      key: postgres-password
{{- with .Values.postgresql.sslmode }}
- name: PGSSLMODE
  value: {{ . }}
{{- end }}
{{- with .Values.postgresql.rootCertificateFile }}
- name: PGSSLROOTCERT
  value: {{ . }}
{{- end }}
{{- end -}}
