variable "name" {
  description = "Name of the Helm release; the Server's services are called NAME-apollo, NAME-ui and so on."
  type        = string
  default     = "prefect"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]([-a-z0-9]{0,38}[a-z0-9])?$", var.name))
    error_message = "The release name \"${var.name}\" cannot be the beginning of Kubernetes names. Use 1 to 40 lower-case letters, digits and hyphens, beginning with a letter."
  }
}

variable "namespace" {
  description = "Namespace of the release. Runs of flows have another: agent.job_namespace."
  type        = string
  default     = "prefect"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$", var.namespace)) && !contains(["default", "kube-system", "kube-public", "kube-node-lease"], var.namespace)
    error_message = "The namespace \"${var.namespace}\" is not usable. Give a Kubernetes name (up to 63 lower-case letters, digits and hyphens) that is not one of the cluster's own namespaces: network policies and the agent's role apply to it."
  }
}

variable "create_namespace" {
  description = "Creates the namespace if it does not exist. Helm never deletes a namespace."
  type        = bool
  default     = true
  nullable    = false
}

# The chart and its images

variable "chart" {
  description = "Another chart in place of the module's own: a repository's URL, name and version; or an OCI reference (oci://HOST/PATH) as name, with the version; or the path of a directory (beginning with ./, ../, / or ~) or a .tgz file or its https:// URL as name, where repository and version do not matter. It has to be the published prefect-server of 2022.09.23 or one with its values and names."
  type = object({
    repository = optional(string)
    name       = optional(string)
    version    = optional(string, "2022.09.23")
  })
  default  = {}
  nullable = false

  validation {
    # Also as 2022.9.7, which registries make of it, as 21.07.06, and in the name of a file. Versions of your own are not judged.
    condition = alltrue([
      for part in regexall("(?:^|[^0-9])(?:20)?([12][0-9])\\.([0-9]{1,2})\\.([0-9]{1,2})(?:$|[^0-9])", "${var.chart.version} ${coalesce(var.chart.name, "-")}") :
      tonumber(part[0]) < 19 || tonumber(part[0]) * 10000 + tonumber(part[1]) * 100 + tonumber(part[2]) >= 220923
    ])
    error_message = "Chart version ${var.chart.version} of ${coalesce(var.chart.name, "-")} does not work: 2022.09.07 has the agent of Prefect 2, 2022.03.29 has images without tags, and none before 2022.09.23 gives agents the template of their Jobs. Use \"2022.09.23\", or leave chart out for the module's own."
  }
  validation {
    condition     = can(regex("^[0-9]+\\.[0-9]+\\.[0-9]+([-+][0-9A-Za-z.+-]+)?$", var.chart.version))
    error_message = "chart.version is \"${var.chart.version}\". Pin one version, for example \"2022.09.23\", not a range: what is installed would change without a change here."
  }
  validation {
    condition     = var.chart.repository == null || can(regex("^https://", var.chart.repository))
    error_message = "chart.repository is \"${coalesce(var.chart.repository, "-")}\". Give an https:// URL. An OCI reference or a path goes into chart.name."
  }
  validation {
    condition     = (var.chart.repository != null) == (var.chart.name != null && !can(regex("^(oci://|[./~])|\\.tgz$", coalesce(var.chart.name, "-"))))
    error_message = "chart.repository and a plain chart.name belong together; given: ${jsonencode(var.chart)}. Give both, for example { repository = \"https://charts.example.com\", name = \"prefect-server\" }; or name alone, an OCI reference (\"oci://example.azurecr.io/charts/prefect-server\"), a path (\"./prefect-server\") or a package (\"https://charts.example.com/prefect-server-2022.09.23.tgz\")."
  }
}

variable "prefect_version" {
  description = "Version of Prefect 1 that the agents run: the tag of prefecthq/prefect. The chart's own is 1.4.0, the newest 1.4.1."
  type        = string
  default     = "1.4.0"
  nullable    = false

  validation {
    condition     = can(regex("^(0\\.1[4-9]|1\\.[0-9]+)\\.[0-9]+(-[a-z0-9.]+)?$", var.prefect_version))
    error_message = "prefect_version is \"${var.prefect_version}\". Prefect Server works with Prefect 1 and before only, and the agent takes a job template from 0.14; give a full version such as \"1.4.0\"."
  }
}

variable "image_registry" {
  description = "Registry (and path) that mirrors the images, for example the output login_server of the module acr; null pulls from Docker Hub. With the database in the cluster it has to have bitnamilegacy/postgresql, too."
  type        = string
  default     = null

  validation {
    condition     = var.image_registry == null || can(regex("^[a-zA-Z0-9.-]+(:[0-9]+)?(/[a-z0-9._/-]+)?$", var.image_registry)) && !endswith(coalesce(var.image_registry, "-"), "/")
    error_message = "image_registry is \"${coalesce(var.image_registry, "-")}\". Give a host and perhaps a path, without a scheme and a slash at the end, for example \"example.azurecr.io\"."
  }
}

variable "image_pull_policy" {
  description = "When nodes pull images: IfNotPresent, Always or Never. Tags are pinned, so that what is present is right."
  type        = string
  default     = "IfNotPresent"
  nullable    = false

  validation {
    condition     = contains(["IfNotPresent", "Always", "Never"], var.image_pull_policy)
    error_message = "image_pull_policy is \"${var.image_pull_policy}\". Use \"IfNotPresent\", \"Always\" or \"Never\"."
  }
}

variable "image_pull_secrets" {
  description = "Names of Secrets in the namespace with registry logins. AKS with AcrPull needs none."
  type        = list(string)
  default     = []
  nullable    = false
}

# Database

variable "database" {
  description = "The PostgreSQL database: the output database of the module postgresql, or host, port, name and user of another. sslmode verify-ca or verify-full needs root_certificate_file, the path of a file of authorities in the images of Hasura and of the Server (Debian's is /etc/ssl/certs/ca-certificates.crt). null runs a database in the cluster, for trials: see embedded_database_acknowledged."
  type = object({
    host                  = string
    port                  = optional(number, 5432)
    name                  = optional(string, "prefect")
    user                  = optional(string, "prefect")
    sslmode               = optional(string, "require")
    root_certificate_file = optional(string)
  })
  default = null

  validation {
    condition     = var.database == null ? true : contains(["require", "verify-ca", "verify-full"], var.database.sslmode)
    error_message = "database.sslmode must be \"require\", \"verify-ca\" or \"verify-full\": without TLS the password would cross the network in the clear."
  }
  validation {
    condition     = var.database == null ? true : var.database.sslmode == "require" || can(regex("^/", var.database.root_certificate_file))
    error_message = "database.sslmode \"${try(var.database.sslmode, "")}\" compares the server's certificate with authorities that are in a file of the images: set database.root_certificate_file to its path, for example \"/etc/ssl/certs/ca-certificates.crt\", or use \"require\"."
  }
  validation {
    condition     = var.database == null ? true : !strcontains(var.database.user, "@")
    error_message = "database.user contains \"@\", which breaks the connection string. Flexible Server takes plain user names, without \"@SERVER\"."
  }
  validation {
    condition     = var.database == null ? true : !can(regex("[/:@ ]", var.database.host)) && length(var.database.host) > 0
    error_message = "database.host must be a host name only, without a scheme, a port or a path."
  }
  validation {
    condition     = var.database == null ? true : var.database.port >= 1 && var.database.port <= 65535 && floor(var.database.port) == var.database.port
    error_message = "database.port must be a whole number from 1 to 65535; PostgreSQL's own is 5432."
  }
}

variable "embedded_database_acknowledged" {
  description = "Set to true to run the database in the cluster, without a disk: every restart of its pod loses everything. Only for trials."
  type        = bool
  default     = false
  nullable    = false
}

variable "database_password" {
  description = "Password of the database's user, put into a Secret by this module (and so into the state, which must be kept accordingly; database_existing_secret avoids that). null with database_existing_secret."
  type        = string
  default     = null
  sensitive   = true

  validation {
    condition     = var.database_password == null ? true : length(var.database_password) >= 8
    error_message = "database_password is shorter than 8 characters. Choose a longer one."
  }
}

variable "database_password_version" {
  description = "Number to raise with the password: the Server's pods start anew and read it."
  type        = number
  default     = 1
  nullable    = false
}

variable "database_existing_secret" {
  description = "Name of a Secret in the namespace that holds the password under the key postgres-password (with a database in the cluster also under password). The module database-secret makes one without the password getting into any state."
  type        = string
  default     = null

  validation {
    condition     = var.database_existing_secret == null || can(regex("^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$", var.database_existing_secret))
    error_message = "database_existing_secret is \"${coalesce(var.database_existing_secret, "-")}\". Give the name of a Secret in the release's namespace: lower-case letters, digits, hyphens and periods."
  }
}

# Agent

variable "agent" {
  description = <<-EOT
    The Kubernetes agents. A Prefect 1 agent starts Jobs in one namespace: the release's own in job_namespace, and one more for
    each of namespaces, with the role it needs there.
    job_namespace: null for NAMESPACE-flows. In the release's own, anyone who may register a flow can have it mount the Secret with the
    database's password, or run as the agents' account.
    labels, namespaces[*].labels: an agent takes the runs all of whose labels it has; without labels, those that have none. The label
    of a further namespace is its name, unless it is given others.
    env, resources, node_selector, tolerations: of the agents themselves.
    job_*: what the pods of runs get unless a flow's run configuration says otherwise, field by field; a job template of the flow's
    own replaces all but job_image_pull_secrets. job_image is for flows that name no image; null: Docker Hub's prefecthq/prefect in
    the version that the flow was registered with, whatever image_registry is.
    job_eviction_allowed: whether runs may be evicted, from nodes that are drained for an upgrade or given up by the autoscaler.
    flows_service_account: the account NAME-flows of runs, in each namespace: its annotations, and whether pods get its token, which
    may do nothing until you bind a role to it. A namespace's own takes its place there.
  EOT
  type = object({
    enabled = optional(bool, true)
    labels  = optional(list(string), [])
    env     = optional(map(string), {})
    resources = optional(object({
      requests = optional(map(string), { cpu = "100m", memory = "256Mi" })
      limits   = optional(map(string), { memory = "512Mi" })
    }), {})
    node_selector = optional(map(string), {})
    tolerations = optional(list(object({
      key               = optional(string)
      operator          = optional(string)
      value             = optional(string)
      effect            = optional(string)
      tolerationSeconds = optional(number)
    })), [])
    job_namespace          = optional(string)
    job_image              = optional(string)
    job_image_pull_policy  = optional(string)
    job_image_pull_secrets = optional(list(string), [])
    job_resources = optional(object({
      requests = optional(map(string), {})
      limits   = optional(map(string), {})
    }), {})
    job_node_selector = optional(map(string), {})
    job_tolerations = optional(list(object({
      key               = optional(string)
      operator          = optional(string)
      value             = optional(string)
      effect            = optional(string)
      tolerationSeconds = optional(number)
    })), [])
    job_pod_labels       = optional(map(string), {})
    job_eviction_allowed = optional(bool, false)
    flows_service_account = optional(object({
      annotations     = optional(map(string), {})
      automount_token = optional(bool, false)
    }), {})
    namespaces = optional(map(object({
      labels = optional(list(string))
      flows_service_account = optional(object({
        annotations     = optional(map(string), {})
        automount_token = optional(bool, false)
      }))
    })), {})
    create_namespaces = optional(bool, true)
  })
  default  = {}
  nullable = false

  validation {
    condition = alltrue([
      for label in concat(var.agent.labels, flatten([for agent in values(var.agent.namespaces) : agent.labels == null ? [] : agent.labels])) : can(regex("^[^\\s,]+$", label))
    ])
    error_message = "agent.labels and agent.namespaces[*].labels are compared literally with the labels of flows: they must not be empty or contain spaces or commas; given: ${jsonencode(concat(var.agent.labels, flatten([for agent in values(var.agent.namespaces) : agent.labels == null ? [] : agent.labels])))}."
  }
  validation {
    condition     = var.agent.job_namespace == null ? true : can(regex("^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$", var.agent.job_namespace)) && !contains(["default", "kube-system", "kube-public", "kube-node-lease"], var.agent.job_namespace)
    error_message = "agent.job_namespace is \"${coalesce(var.agent.job_namespace, "-")}\". Give a Kubernetes name (up to 63 lower-case letters, digits and hyphens) that is not one of the cluster's own namespaces, or null for NAMESPACE-flows."
  }
  validation {
    condition     = alltrue([for name in keys(var.agent.env) : can(regex("^[A-Za-z_][A-Za-z0-9_]*$", name))])
    error_message = "The names in agent.env must be names of environment variables; given: ${join(", ", keys(var.agent.env))}."
  }
  validation {
    condition = length(setintersection(keys(var.agent.env), [
      "PREFECT__CLOUD__API", "PREFECT__BACKEND", "PREFECT__CLOUD__AGENT__LABELS", "PREFECT__CLOUD__AGENT__AGENT_ADDRESS", "NAMESPACE", "SERVICE_ACCOUNT_NAME", "IMAGE_PULL_SECRETS",
    ])) == 0
    error_message = "agent.env sets a variable that this module sets (PREFECT__CLOUD__API, PREFECT__BACKEND, PREFECT__CLOUD__AGENT__LABELS, PREFECT__CLOUD__AGENT__AGENT_ADDRESS, NAMESPACE, SERVICE_ACCOUNT_NAME or IMAGE_PULL_SECRETS). Use agent.labels, agent.job_namespace, agent.namespaces and agent.job_image_pull_secrets; a service account other than NAME-flows belongs into a flow's run configuration; the rest follows from the release."
  }
  validation {
    condition     = length(setintersection(keys(var.agent.env), ["JOB_CPU_REQUEST", "JOB_CPU_LIMIT", "JOB_MEM_REQUEST", "JOB_MEM_LIMIT", "IMAGE_PULL_POLICY"])) == 0
    error_message = "agent.env sets JOB_CPU_*, JOB_MEM_* or IMAGE_PULL_POLICY, which no agent of Prefect 1.x reads. Use agent.job_resources and agent.job_image_pull_policy."
  }
  validation {
    condition     = alltrue([for namespace in keys(var.agent.namespaces) : can(regex("^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$", namespace))])
    error_message = "The keys of agent.namespaces must be Kubernetes names: up to 63 lower-case letters, digits and hyphens."
  }
  validation {
    condition     = var.agent.job_image_pull_policy == null || contains(["IfNotPresent", "Always", "Never"], coalesce(var.agent.job_image_pull_policy, "-"))
    error_message = "agent.job_image_pull_policy is \"${coalesce(var.agent.job_image_pull_policy, "-")}\". Use \"IfNotPresent\", \"Always\" or \"Never\", or null for Kubernetes' own rule."
  }
  validation {
    condition     = var.agent.job_image == null || can(regex("^[a-zA-Z0-9][a-zA-Z0-9._:/@-]*[a-zA-Z0-9]$", var.agent.job_image))
    error_message = "agent.job_image is \"${coalesce(var.agent.job_image, "-")}\". Give an image's name with its tag, for example \"example.azurecr.io/prefecthq/prefect:1.4.0\", or null."
  }
  validation {
    condition = alltrue(flatten([for kind in [var.agent.resources, var.agent.job_resources] : [
      for amounts in [kind.requests, kind.limits] : [for amount in values(amounts) : can(regex("^[0-9]+(\\.[0-9]+)?(m|k|Ki|M|Mi|G|Gi|T|Ti)?$", amount))]
    ]]))
    error_message = "agent.resources and agent.job_resources must be Kubernetes quantities such as \"500m\" (processors) or \"512Mi\" (memory)."
  }
  validation {
    # Amounts that are none are refused above.
    condition = try(alltrue(flatten([for kind in [var.agent.resources, var.agent.job_resources] : [
      for name in setintersection(keys(kind.requests), keys(kind.limits)) : [
        for amounts in [[
          for amount in [kind.requests[name], kind.limits[name]] : tonumber(regex("^[0-9.]+", amount)) * {
            "" = 1, m = 0.001, k = 1000, M = pow(1000, 2), G = pow(1000, 3), T = pow(1000, 4), Ki = 1024, Mi = pow(1024, 2), Gi = pow(1024, 3), Ti = pow(1024, 4)
          }[replace(amount, "/^[0-9.]+/", "")]
        ]] : amounts[0] <= amounts[1]
      ]
    ]])), true)
    error_message = "agent.resources or agent.job_resources request more of something than they limit it to, which Kubernetes refuses: requests ${jsonencode([var.agent.resources.requests, var.agent.job_resources.requests])}, limits ${jsonencode([var.agent.resources.limits, var.agent.job_resources.limits])}. Raise the limit, or lower the request."
  }
  validation {
    condition = alltrue(flatten([for kind in [var.agent.resources, var.agent.job_resources] : [
      for name, amount in kind.requests : contains(["cpu", "memory", "ephemeral-storage"], name) || amount == lookup(kind.limits, name, null)
    ]]))
    error_message = "agent.resources or agent.job_resources request something that Kubernetes does not share, without a limit that is equal: ${jsonencode([var.agent.resources, var.agent.job_resources])}. Give such resources, for example nvidia.com/gpu, as limits only."
  }
  validation {
    condition = alltrue([
      for t in concat(var.agent.tolerations, var.agent.job_tolerations) :
      contains(["Equal", "Exists"], coalesce(t.operator, "Equal")) && contains(["NoSchedule", "PreferNoSchedule", "NoExecute"], coalesce(t.effect, "NoSchedule"))
      && (t.operator == "Exists" ? t.value == null : t.key != null) && (t.tolerationSeconds == null || t.effect == "NoExecute")
    ])
    error_message = "agent.tolerations and agent.job_tolerations hold something that Kubernetes refuses. operator is \"Equal\" (also where it is left out; needs a key) or \"Exists\" (takes no value); effect is \"NoSchedule\", \"PreferNoSchedule\", \"NoExecute\" (which alone takes tolerationSeconds), or left out for all of them."
  }
  validation {
    condition = alltrue(flatten([for labels in [var.agent.node_selector, var.agent.job_node_selector, var.agent.job_pod_labels] : [
      for key, value in labels :
      can(regex("^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$", key)) && can(regex("^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$", value))
    ]]))
    error_message = "agent.node_selector, agent.job_node_selector and agent.job_pod_labels are labels of Kubernetes: names and values of up to 63 letters, digits, hyphens, underscores and periods, a name perhaps with a domain and a slash before it."
  }
  validation {
    condition     = !anytrue([for key in keys(var.agent.job_pod_labels) : startswith(key, "prefect.io/") || startswith(key, "app.kubernetes.io/")])
    error_message = "agent.job_pod_labels has a label of prefect.io/, which the agent sets itself, or of app.kubernetes.io/, by which network policies tell the Server's pods from those of flows. Use other names."
  }
}

# Who reaches the Server

variable "exposure" {
  description = <<-EOT
    How the API and the UI are reached from outside the cluster. Prefect Server has no login of its own.
    mode: none (port forwarding only), internal_lb (addresses in the virtual network), ingress (class_name required) or gateway
    (of class class_name, or an existing one called gateway_name).
    api_host, ui_host: names under which the two are reached. internal_lb takes api_ip, ui_ip for fixed addresses.
    tls_secret_name: Secret with the certificate of both hosts, in the gateway's namespace if there is one.
    annotations: of the ingress, the gateway or the load balancers' Services. address_annotations: of the load balancer that a
    gateway gets.
    allowed_namespaces: where the ingress controller's pods run, or a gateway's that are not in its own namespace.
    allowed_cidrs: who may connect: by default private addresses with internal_lb, nobody besides allowed_namespaces otherwise.
    public: whether the addresses are public; true needs TLS and public_acknowledgement. A gateway made here has an internal
    address unless true; with an ingress or an existing gateway it has to be said, because this module cannot see it.
  EOT
  type = object({
    mode                   = optional(string, "none")
    api_host               = optional(string)
    ui_host                = optional(string)
    api_ip                 = optional(string)
    ui_ip                  = optional(string)
    class_name             = optional(string)
    gateway_name           = optional(string)
    gateway_namespace      = optional(string)
    tls_secret_name        = optional(string)
    annotations            = optional(map(string), {})
    address_annotations    = optional(map(string), {})
    allowed_cidrs          = optional(list(string))
    allowed_namespaces     = optional(list(string), [])
    public                 = optional(bool)
    public_acknowledgement = optional(string, "")
  })
  default  = {}
  nullable = false

  validation {
    condition     = contains(["none", "internal_lb", "ingress", "gateway"], var.exposure.mode)
    error_message = "exposure.mode is \"${var.exposure.mode}\". Use \"none\", \"internal_lb\", \"ingress\" or \"gateway\"."
  }
  validation {
    condition     = alltrue([for host in compact([var.exposure.api_host, var.exposure.ui_host]) : can(regex("^([a-z0-9]([-a-z0-9]*[a-z0-9])?\\.)+[a-z0-9]([-a-z0-9]*[a-z0-9])?$", host))])
    error_message = "exposure.api_host and exposure.ui_host must be full host names in lower case, without a scheme, a port or a path, for example \"prefect-api.example.com\"."
  }
  validation {
    condition     = alltrue([for range in coalesce(var.exposure.allowed_cidrs, []) : can(cidrhost(range, 0))])
    error_message = "exposure.allowed_cidrs must be ranges in CIDR notation, for example [\"10.10.0.0/16\"]."
  }
  validation {
    condition     = alltrue([for range in coalesce(var.exposure.allowed_cidrs, []) : try(cidrsubnet(range, 0, 0) == range, true)])
    error_message = "Ranges in exposure.allowed_cidrs begin before the address that is given. If these ranges are meant, write ${join(", ", [for range in coalesce(var.exposure.allowed_cidrs, []) : "\"${try(cidrsubnet(range, 0, 0), range)}\" for \"${range}\"" if try(cidrsubnet(range, 0, 0) != range, false)])}."
  }
  validation {
    condition     = var.exposure.mode != "internal_lb" || var.exposure.allowed_cidrs == null || length(coalesce(var.exposure.allowed_cidrs, [])) > 0
    error_message = "exposure.allowed_cidrs is empty, so that nobody may connect to the load balancers. Name ranges, or leave it out for all private addresses; mode \"none\" makes no load balancers."
  }
  validation {
    # Zeros in front of a number are octal to some and decimal to others.
    condition     = alltrue([for ip in compact([var.exposure.api_ip, var.exposure.ui_ip]) : try(cidrhost("${ip}/32", 0) == ip, false) && !strcontains(ip, ":")])
    error_message = "exposure.api_ip and exposure.ui_ip are ${join(" and ", [for ip in compact([var.exposure.api_ip, var.exposure.ui_ip]) : "\"${ip}\""])}. Give IPv4 addresses of the nodes' network, for example \"10.10.63.250\"."
  }
  validation {
    condition     = !contains(["ingress", "gateway"], var.exposure.mode) || try(length(var.exposure.api_host) > 0 && length(var.exposure.ui_host) > 0, false)
    error_message = "exposure.mode \"${var.exposure.mode}\" needs exposure.api_host and exposure.ui_host, for example \"prefect-api.example.com\" and \"prefect.example.com\", or one name for both: the browser talks to both, and where they share a name the API has /graphql."
  }
  validation {
    condition     = var.exposure.mode != "internal_lb" || length(compact([var.exposure.api_host, var.exposure.api_ip])) > 0
    error_message = "exposure.mode \"internal_lb\" needs exposure.api_host or exposure.api_ip: the UI's pages must be told where the API is."
  }
  validation {
    condition     = var.exposure.mode != "ingress" || try(length(var.exposure.class_name) > 0, false)
    error_message = "exposure.mode \"ingress\" needs exposure.class_name, the class of your ingress controller. There is no default: ingress-nginx is retired, and AKS's own NGINX add-on ends in November 2026; consider mode \"gateway\"."
  }
  validation {
    condition     = var.exposure.mode != "gateway" || length(compact([var.exposure.class_name, var.exposure.gateway_name])) == 1
    error_message = "exposure.mode \"gateway\" needs either exposure.class_name, to create a gateway (\"approuting-istio\" with the module aks-gateway-api), or exposure.gateway_name, to use one that exists."
  }
  validation {
    condition     = !contains(["ingress", "gateway"], var.exposure.mode) || var.exposure.public != null || (var.exposure.mode == "gateway" && var.exposure.gateway_name == null)
    error_message = "exposure.public must say whether the addresses of your ingress controller or gateway are public: this module does not make them and cannot see it. Say public = false if only your own networks reach them; otherwise public = true, with public_acknowledgement."
  }
  validation {
    condition     = !coalesce(var.exposure.public, false) || contains(["ingress", "gateway"], var.exposure.mode)
    error_message = "exposure.public applies to the modes ingress and gateway. An address of a load balancer is always internal here, because Prefect Server neither encrypts nor asks who is there."
  }
  validation {
    condition     = !coalesce(var.exposure.public, false) || var.exposure.public_acknowledgement == "anyone who reaches this address controls Prefect"
    error_message = "Prefect Server has no login: anyone who can reach it can read, change and run everything. If the address is protected otherwise, set exposure.public_acknowledgement = \"anyone who reaches this address controls Prefect\"; otherwise leave exposure.public = false."
  }
  validation {
    condition     = !coalesce(var.exposure.public, false) || try(length(var.exposure.tls_secret_name) > 0, false)
    error_message = "A public address needs a certificate: set exposure.tls_secret_name to a Secret of type kubernetes.io/tls for both hosts."
  }
  validation {
    condition = alltrue([
      for name in compact([var.exposure.class_name, var.exposure.gateway_name, var.exposure.gateway_namespace, var.exposure.tls_secret_name]) : can(regex("^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$", name))
    ])
    error_message = "exposure.class_name, gateway_name, gateway_namespace and tls_secret_name are names of Kubernetes objects: lower-case letters, digits, hyphens and periods."
  }
}

variable "ui_api_url" {
  description = "URL of the API as the browser sees it, where it does not follow from exposure (a proxy in front, another port forwarded)."
  type        = string
  default     = null

  validation {
    condition     = var.ui_api_url == null || can(regex("^https?://[^/]+(/.*)?/graphql$", var.ui_api_url))
    error_message = "ui_api_url is \"${coalesce(var.ui_api_url, "-")}\". It begins with http:// or https:// and ends in /graphql, for example \"https://prefect-api.example.com/graphql\"."
  }
}

variable "clients" {
  description = "Pods in the cluster that may connect to the API besides the release's own and runs of flows, and with ui = true to the UI as well: an agent of your own, a proxy with a login, Dask workers, CI. They are all pods of a namespace, or those with pod_labels."
  type = list(object({
    namespace  = string
    pod_labels = optional(map(string), {})
    ui         = optional(bool, false)
  }))
  default  = []
  nullable = false

  validation {
    condition     = alltrue([for client in var.clients : can(regex("^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$", client.namespace))])
    error_message = "Each of clients has a namespace, a Kubernetes name: up to 63 lower-case letters, digits and hyphens; given: ${join(", ", var.clients[*].namespace)}."
  }
}

variable "network_policies_enabled" {
  description = "Allows only the release's own pods, runs of flows, clients and what exposure names to connect to the Server. Needs a cluster that enforces network policies, as the module aks makes."
  type        = bool
  default     = true
  nullable    = false
}

# The pods

variable "components" {
  description = "Environment variables and resources of the Server's parts: hasura, graphql, apollo, towel or ui. What is not named keeps this module's request; there are no limits."
  type = map(object({
    env = optional(map(string), {})
    resources = optional(object({
      requests = optional(map(string), {})
      limits   = optional(map(string), {})
    }), {})
  }))
  default  = {}
  nullable = false

  validation {
    condition     = length(setsubtract(keys(var.components), ["hasura", "graphql", "apollo", "towel", "ui"])) == 0
    error_message = "components knows hasura, graphql, apollo, towel and ui; given: ${join(", ", keys(var.components))}. The agent has its own variable."
  }
  validation {
    condition     = alltrue(flatten([for component in values(var.components) : [for name in keys(component.env) : can(regex("^[A-Za-z_][A-Za-z0-9_]*$", name)) && !contains(["PGSSLMODE", "PGSSLROOTCERT", "PGPASSWORD"], name)]]))
    error_message = "The names in env of components must be names of environment variables, and not PGPASSWORD, PGSSLMODE or PGSSLROOTCERT: these follow from database and database_password."
  }
  validation {
    condition = alltrue(flatten([for component in values(var.components) : [
      for amounts in [component.resources.requests, component.resources.limits] : [for amount in values(amounts) : can(regex("^[0-9]+(\\.[0-9]+)?(m|k|Ki|M|Mi|G|Gi|T|Ti)?$", amount))]
    ]]))
    error_message = "The resources of components must be Kubernetes quantities such as \"500m\" (processors) or \"512Mi\" (memory)."
  }
  validation {
    # Amounts that are none are refused above.
    condition = try(alltrue(flatten([for kind in values(var.components)[*].resources : [
      for name in setintersection(keys(kind.requests), keys(kind.limits)) : [
        for amounts in [[
          for amount in [kind.requests[name], kind.limits[name]] : tonumber(regex("^[0-9.]+", amount)) * {
            "" = 1, m = 0.001, k = 1000, M = pow(1000, 2), G = pow(1000, 3), T = pow(1000, 4), Ki = 1024, Mi = pow(1024, 2), Gi = pow(1024, 3), Ti = pow(1024, 4)
          }[replace(amount, "/^[0-9.]+/", "")]
        ]] : amounts[0] <= amounts[1]
      ]
    ]])), true)
    error_message = "components request more of something than they limit it to, which Kubernetes refuses: ${jsonencode({ for name, component in var.components : name => component.resources })}. Raise the limit, or lower the request."
  }
}

variable "node_selector" {
  description = "Labels of the nodes that the Server's pods may run on. The agents have their own."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition = alltrue(flatten([for labels in [var.node_selector] : [
      for key, value in labels :
      can(regex("^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$", key)) && can(regex("^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$", value))
    ]]))
    error_message = "node_selector has labels of Kubernetes: names and values of up to 63 letters, digits, hyphens, underscores and periods, a name perhaps with a domain and a slash before it."
  }
}

variable "tolerations" {
  description = "Taints that the Server's pods tolerate, as in a pod's specification. The agents have their own."
  type = list(object({
    key               = optional(string)
    operator          = optional(string)
    value             = optional(string)
    effect            = optional(string)
    tolerationSeconds = optional(number)
  }))
  default  = []
  nullable = false

  validation {
    condition = alltrue([
      for t in var.tolerations :
      contains(["Equal", "Exists"], coalesce(t.operator, "Equal")) && contains(["NoSchedule", "PreferNoSchedule", "NoExecute"], coalesce(t.effect, "NoSchedule"))
      && (t.operator == "Exists" ? t.value == null : t.key != null) && (t.tolerationSeconds == null || t.effect == "NoExecute")
    ])
    error_message = "tolerations holds something that Kubernetes refuses. operator is \"Equal\" (also where it is left out; needs a key) or \"Exists\" (takes no value); effect is \"NoSchedule\", \"PreferNoSchedule\", \"NoExecute\" (which alone takes tolerationSeconds), or left out for all of them."
  }
}

# Rest

variable "telemetry_enabled" {
  description = "Makes the Server report its use to Prefect."
  type        = bool
  default     = false
  nullable    = false
}

variable "tenant_job" {
  description = "Lets the chart create a tenant in a Job. Prefer the resource prefect_tenant: it also changes and imports one, and the published chart's Job cannot be changed, so that upgrades which touch it fail."
  type = object({
    enabled = optional(bool, false)
    name    = optional(string, "default")
    slug    = optional(string, "default")
  })
  default  = {}
  nullable = false

  validation {
    condition     = can(regex("^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", var.tenant_job.slug)) && can(regex("^[A-Za-z0-9._-]+$", var.tenant_job.name))
    error_message = "tenant_job.name and tenant_job.slug go through a shell: letters, digits, periods, underscores and hyphens for the name; lower-case letters, digits and hyphens for the slug."
  }
}

variable "watch" {
  description = "Runs a CronJob that checks the Server every five minutes and logs one line of JSON: which of the release's agents have not asked for runs for silent_after_seconds, and how many runs have not started late_after_seconds after their start time. The module alerts reads it."
  type = object({
    enabled              = optional(bool, false)
    late_after_seconds   = optional(number, 600)
    silent_after_seconds = optional(number, 300)
  })
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for seconds in [var.watch.late_after_seconds, var.watch.silent_after_seconds] : seconds >= 1 && floor(seconds) == seconds])
    error_message = "watch.late_after_seconds is ${var.watch.late_after_seconds}, watch.silent_after_seconds ${var.watch.silent_after_seconds}. Give whole seconds, for example 600 and 300."
  }
}

variable "server_config" {
  description = "Settings of Prefect Server's own configuration file, as prefectConfig of the chart: nested maps of strings."
  type        = any
  default     = {}
  nullable    = false
}

variable "values" {
  description = "Further values of the chart, YAML documents that win over everything this module sets, the last first. The helm provider shows them in plans even where they are sensitive, so no passwords."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for document in var.values : can(yamldecode(document))])
    error_message = "values holds a document that is not YAML. Use yamlencode({...}) or file(\"values.yaml\")."
  }
}

variable "timeout_seconds" {
  description = "How long to wait for the release's pods to become ready. The first start migrates the database."
  type        = number
  default     = 900
  nullable    = false

  validation {
    condition     = var.timeout_seconds >= 60
    error_message = "timeout_seconds is ${var.timeout_seconds}. The first start takes minutes; give at least 60."
  }
}
