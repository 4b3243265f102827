{{- define "prefect-server.flowsAccount" -}}
{{- .Values.flows.serviceAccount | default (printf "%s-flows" (include "prefect-server.release" .)) -}}
{{- end -}}

{{- /* What the agents make Jobs of. Agents since Prefect 1.0 read resources and the pull policy from nowhere else. */ -}}
{{- define "prefect-server.jobTemplate" -}}
{{- if .Values.jobTemplate -}}
{{- .Values.jobTemplate -}}
{{- else -}}
{{- $job := .Values.agent.job }}{{ $resources := dict -}}
{{- range $kind := list "requests" "limits" -}}
{{- $amounts := dict -}}
{{- range $name, $amount := get $job.resources $kind | default dict }}{{ if $amount }}{{ $_ := set $amounts $name $amount }}{{ end }}{{ end -}}
{{- if $amounts }}{{ $_ := set $resources $kind $amounts }}{{ end -}}
{{- end -}}
{{- if or $resources $job.imagePullPolicy -}}
{{- $container := dict "name" "flow" "resources" $resources -}}
{{- with $job.imagePullPolicy }}{{ $_ := set $container "imagePullPolicy" . }}{{ end -}}
{{- dict "apiVersion" "batch/v1" "kind" "Job" "spec" (dict "template" (dict "spec" (dict "containers" (list $container)))) | toYaml -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "prefect-server.jobTemplateFile" -}}
{{- .Values.agent.jobTemplateFilePath | default "/etc/prefect/job-template.yaml" -}}
{{- end -}}

{{- /* The ConfigMap with the template; empty if there is none. */ -}}
{{- define "prefect-server.jobTemplateConfigMap" -}}
{{- if .Values.agent.jobTemplateFileConfigMap -}}
{{- .Values.agent.jobTemplateFileConfigMap -}}
{{- else if include "prefect-server.jobTemplate" . -}}
{{- include "prefect-server.object" (list . "job-template") -}}
{{- end -}}
{{- end -}}

{{- /* An agent's Deployment: a dict of root, and of the agent's name, namespace (of its Jobs), labels (a list), env (a list), and
selector (YAML) where it is not the release's own. */ -}}
{{- define "prefect-server.agent" -}}
{{- $root := .root }}{{ $agent := $root.Values.agent -}}
{{- $start := list "prefect" "agent" "kubernetes" "start" -}}
{{- $map := include "prefect-server.jobTemplateConfigMap" $root -}}
{{- if or $map $agent.jobTemplateFilePath }}{{ $start = concat $start (list "--job-template" (include "prefect-server.jobTemplateFile" $root)) }}{{ end -}}
{{- $environment := printf `
- {name: PREFECT__CLOUD__API, value: %q}
- {name: PREFECT__BACKEND, value: server}
- {name: PREFECT__CLOUD__AGENT__NAME, value: %q}
- {name: PREFECT__CLOUD__AGENT__LABELS, value: %q}
- {name: PREFECT__CLOUD__AGENT__AGENT_ADDRESS, value: "http://0.0.0.0:8080"}
- {name: PREFECT__CLOUD__AGENT__KUBERNETES_KEEP_ALIVE, value: "true"}
- {name: NAMESPACE, value: %q}
- {name: SERVICE_ACCOUNT_NAME, value: %q}` (include "prefect-server.apiURL" $root) .name (toJson .labels) .namespace (include "prefect-server.flowsAccount" $root) -}}
{{- with $agent.job.imagePullSecrets }}{{ $environment = printf "%s\n- {name: IMAGE_PULL_SECRETS, value: %q}" $environment (join "," .) }}{{ end -}}
{{- $more := `livenessProbe:
  httpGet: {path: /api/health, port: 8080}
  initialDelaySeconds: 40
  periodSeconds: 40
  failureThreshold: 2` -}}
{{- $volumes := "" -}}
{{- if $map -}}
{{- $more = printf "volumeMounts:\n  - {name: job-template, mountPath: %q, subPath: %q}\n%s" (include "prefect-server.jobTemplateFile" $root) (base (include "prefect-server.jobTemplateFile" $root)) $more -}}
{{- $volumes = printf "- {name: job-template, configMap: {name: %q}}" $map -}}
{{- end -}}
{{- /* The kubelet does not renew a file that is mounted alone: a changed template needs new pods. */ -}}
{{- $annotations := merge (dict) ($agent.podAnnotations | default dict) -}}
{{- with include "prefect-server.jobTemplate" $root }}{{ $_ := set $annotations "checksum/job-template" (sha1sum .) }}{{ end -}}
{{- $values := merge (dict "podAnnotations" $annotations "env" (concat ($agent.env | default list) (.env | default list))) $agent -}}
{{- include "prefect-server.deployment" (dict "root" $root "component" "agent" "name" .name "selector" .selector "values" $values "tag" $root.Values.prefectVersionTag
  "command" (concat (list "python" "-c" ($root.Files.Get "files/agent.py")) $start) "environment" $environment "more" $more "volumes" $volumes) -}}
{{- end -}}
