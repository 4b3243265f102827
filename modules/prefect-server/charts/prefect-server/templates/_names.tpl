{{- /* Names and labels. Those of objects and the labels that select pods are the published chart's: a release that was made with
it can be upgraded in place. */ -}}

{{- /* The release whose pods these are: this one, or the one of another chart that this release accompanies. */ -}}
{{- define "prefect-server.release" -}}
{{- .Values.companionTo | default .Release.Name -}}
{{- end -}}

{{- define "prefect-server.name" -}}
{{- .Values.nameOverride | default .Chart.Name | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- /* The name of a component's objects: a list of the top level and the component. */ -}}
{{- define "prefect-server.object" -}}
{{- $root := first . -}}
{{- $parts := list (include "prefect-server.release" $root) -}}
{{- if $root.Values.includeChartNameInComponents }}{{ $parts = append $parts (include "prefect-server.name" $root) }}{{ end -}}
{{- append $parts (last .) | join "-" | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- /* Selects a component's pods: a list of the top level and the component. A companion does not know which name its chart has. */ -}}
{{- define "prefect-server.selector" -}}
{{- $root := first . -}}
app.kubernetes.io/instance: {{ include "prefect-server.release" $root }}
app.kubernetes.io/component: {{ last . }}
{{- if not $root.Values.companionTo }}
app.kubernetes.io/name: {{ include "prefect-server.name" $root }}
{{- end }}
{{- end -}}

{{- /* Labels of an object: a list of the top level and the component. */ -}}
{{- define "prefect-server.labels" -}}
{{- $root := first . -}}
app.kubernetes.io/name: {{ include "prefect-server.name" $root }}
app.kubernetes.io/instance: {{ include "prefect-server.release" $root }}
app.kubernetes.io/component: {{ last . }}
app.kubernetes.io/part-of: {{ include "prefect-server.release" $root }}
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" }}
{{- end -}}

{{- /* Labels and annotations of an object: a list of the top level, the component and its values. */ -}}
{{- define "prefect-server.metadata" -}}
{{- $root := index . 0 }}{{ $values := index . 2 -}}
labels:
  {{- include "prefect-server.labels" (list $root (index . 1)) | nindent 2 }}
  {{- with $values.labels }}{{ toYaml . | nindent 2 }}{{ end }}
{{- with merge (dict) ($values.annotations | default dict) ($root.Values.annotations | default dict) }}
annotations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "prefect-server.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- .Values.serviceAccount.name | default (include "prefect-server.object" (list . "serviceaccount")) -}}
{{- else -}}
{{- .Values.serviceAccount.name | default "default" -}}
{{- end -}}
{{- end -}}

{{- /* The host of a component's Service. */ -}}
{{- define "prefect-server.host" -}}
{{- printf "%s.%s" (include "prefect-server.object" .) (first .).Release.Namespace -}}
{{- end -}}

{{- define "prefect-server.apiURL" -}}
{{- printf "http://%s:%v/graphql" (include "prefect-server.host" (list . "apollo")) .Values.apollo.service.port -}}
{{- end -}}

{{- /* A component's image: a list of its values and of the tag where these name none. */ -}}
{{- define "prefect-server.image" -}}
{{- $image := (first .).image -}}
{{- if $image.digest -}}
{{- printf "%s@%s" $image.name $image.digest -}}
{{- else -}}
{{- printf "%s:%v" $image.name ($image.tag | default (last .)) -}}
{{- end -}}
{{- end -}}

{{- /* Selects all pods of the release, those of its database for trials included. */ -}}
{{- define "prefect-server.pods" -}}
app.kubernetes.io/instance: {{ include "prefect-server.release" . }}
{{- end -}}

{{- /* Whether the UI and the API share a host, where the API has /graphql alone. */ -}}
{{- define "prefect-server.sharedHost" -}}
{{- if eq .Values.exposure.apiHost .Values.exposure.uiHost }}yes{{ end -}}
{{- end -}}
