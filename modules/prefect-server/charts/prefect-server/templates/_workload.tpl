{{- /* A component's container, as far as its values say. A dict of root, component, values, tag (of the image where the values
name none), command, environment (YAML) and, for those that listen, port and health (a path). */ -}}
{{- define "prefect-server.container" -}}
{{- $values := .values -}}
name: {{ .component }}
image: {{ include "prefect-server.image" (list $values .tag) | quote }}
imagePullPolicy: {{ $values.image.pullPolicy }}
command: {{- toYaml ($values.command | default .command) | nindent 2 }}
{{- with $values.securityContext }}
securityContext: {{- toYaml . | nindent 2 }}
{{- end }}
env: {{- include "prefect-server.environment" (list (fromYamlArray .environment) ($values.env | default list)) | nindent 2 }}
{{- if .port }}
ports:
  - {name: http, containerPort: {{ .port }}, protocol: TCP}
{{- end }}
{{- with .health }}
livenessProbe:
  httpGet: {path: {{ . }}, port: http}
readinessProbe:
  httpGet: {path: {{ . }}, port: http}
{{- end }}
{{- with $values.resources }}
resources: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- /* The part of a pod that is the same for all of a component's containers: a list of the top level and the values. */ -}}
{{- define "prefect-server.pod" -}}
{{- $root := first . }}{{ $values := last . -}}
serviceAccountName: {{ include "prefect-server.serviceAccount" $root }}
{{- with $values.image.pullSecrets | default $root.Values.imagePullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.podSecurityContext }}
securityContext: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- /* A component's Deployment: a dict as for its container, and with initContainers and volumes (YAML) and agent, which says that
two at once would be one too many. */ -}}
{{- define "prefect-server.deployment" -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .name | default (include "prefect-server.object" (list .root .component)) }}
  {{- include "prefect-server.metadata" (list .root .component .values) | nindent 2 }}
spec:
  replicas: {{ .values.replicas }}
  {{- with .values.strategy }}
  strategy: {{- toYaml . | nindent 4 }}
  {{- end }}
  selector:
    matchLabels: {{- .selector | default (include "prefect-server.selector" (list .root .component)) | nindent 6 }}
  template:
    metadata:
      labels: {{- .selector | default (include "prefect-server.selector" (list .root .component)) | nindent 8 }}
      {{- with .values.podAnnotations }}
      annotations: {{- toYaml . | nindent 8 }}
      {{- end }}
    spec:
      {{- include "prefect-server.pod" (list .root .values) | nindent 6 }}
      {{- with .initContainers }}
      initContainers: {{- . | nindent 8 }}
      {{- end }}
      containers:
        - {{ include "prefect-server.container" . | nindent 10 | trim }}
          {{- with .more }}{{ . | nindent 10 }}{{ end }}
      {{- with .volumes }}
      volumes: {{- . | nindent 8 }}
      {{- end }}
{{- end -}}

{{- /* A component's Service: a dict of root, component and values. */ -}}
{{- define "prefect-server.service" -}}
apiVersion: v1
kind: Service
metadata:
  name: {{ include "prefect-server.object" (list .root .component) }}
  {{- include "prefect-server.metadata" (list .root .component .values) | nindent 2 }}
spec:
  type: {{ .values.service.type }}
  ports:
    - {name: http, port: {{ .values.service.port }}, targetPort: http, protocol: TCP}
  selector: {{- include "prefect-server.selector" (list .root .component) | nindent 4 }}
{{- end -}}

{{- /* A component's own Ingress, as the published chart has it: a dict of root, component and values. */ -}}
{{- define "prefect-server.ingress" -}}
{{- $ingress := .values.ingress }}{{ $name := include "prefect-server.object" (list .root .component) -}}
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: {{ $name }}
  {{- include "prefect-server.metadata" (list .root .component $ingress) | nindent 2 }}
spec:
  {{- with $ingress.ingressClassName }}
  ingressClassName: {{ . }}
  {{- end }}
  rules:
    {{- $port := .values.service.port }}
    {{- range required (printf "%s.ingress.hosts is empty: name the hosts that lead to it." .component) $ingress.hosts }}
    - host: {{ . | quote }}
      http:
        paths:
          - path: {{ $ingress.path }}
            pathType: Prefix
            backend:
              service: {name: {{ $name }}, port: {number: {{ $port }}}}
    {{- end }}
  {{- with $ingress.tls }}
  tls: {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}
