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
  description = "Namespace of the release, and of the Jobs that its agent starts."
  type        = string
  default     = "prefect"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$", var.namespace)) && !contains(["default", "kube-system", "kube-public", "kube-node-lease"], var.namespace)
    error_message = "The namespace \"${var.namespace}\" is not usable. Give a Kubernetes name (up to 63 lower-case letters, digits and hyphens) that is not one of the cluster's own namespaces: network policies and the agent's role apply to it."
  }
}

variable "create_namespace" {
  description = "Whether to create the namespace if it does not exist. Helm never deletes a namespace."
  type        = bool
  default     = true
  nullable    = false
}

# The chart and its images

variable "chart" {
  description = "Where the chart comes from: a repository's URL, name and version; or an OCI reference (oci://HOST/PATH) as name, with the version; or the path of a directory (beginning with ./, ../, / or ~) or .tgz file as name, where repository and version do not matter."
  type = object({
    repository = optional(string, "https://prefecthq.github.io/server/")
    name       = optional(string, "prefect-server")
    version    = optional(string, "2022.09.23")
  })
  default  = {}
  nullable = false

  validation {
    # Also as 2022.9.7, which registries make of it, and in the name of a file.
    condition     = !can(regex("(^|[^0-9])2022\\.(0?9\\.0?7|0?3\\.29)($|[^0-9])", "${var.chart.version} ${var.chart.name}"))
    error_message = "Chart version ${var.chart.version} of ${var.chart.name} is known to be broken (2022.09.07 has the agent of Prefect 2, 2022.03.29 has images without tags). Use \"2022.09.23\"."
  }
  validation {
    condition     = can(regex("^[0-9]+\\.[0-9]+\\.[0-9]+([-+][0-9A-Za-z.+-]+)?$", var.chart.version))
    error_message = "chart.version is \"${var.chart.version}\". Pin one version, for example \"2022.09.23\", not a range: what is installed would change without a change here."
  }
  validation {
    condition     = can(regex("^https://", var.chart.repository))
    error_message = "chart.repository is \"${var.chart.repository}\". Give an https:// URL. An OCI reference or a path goes into chart.name."
  }
}

variable "prefect_version" {
  description = "Version of Prefect 1 that the agents run: the tag of prefecthq/prefect. The chart's own is 1.4.0, the newest 1.4.1."
  type        = string
  default     = "1.4.0"
  nullable    = false

  validation {
    condition     = can(regex("^(0|1)\\.[0-9]+\\.[0-9]+(-[a-z0-9.]+)?$", var.prefect_version))
    error_message = "prefect_version is \"${var.prefect_version}\". Prefect Server works with Prefect 1 (and 0.x) only; give a full version such as \"1.4.0\"."
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
  description = "Name of a Secret in the namespace that holds the password under the key postgres-password (with a database in the cluster also under password; charts before 2022.09 read postgresql-password, and postgresql-postgres-password with a database in the cluster). The module database-secret makes one without the password getting into any state."
  type        = string
  default     = null

  validation {
    condition     = var.database_existing_secret == null || can(regex("^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$", var.database_existing_secret))
    error_message = "database_existing_secret is \"${coalesce(var.database_existing_secret, "-")}\". Give the name of a Secret in the release's namespace: lower-case letters, digits, hyphens and periods."
  }
}

# Agent

variable "agent" {
  description = "The Kubernetes agent: its labels, environment, resources, resources of the Jobs it starts, and further namespaces, each of which gets an agent of its own with the role it needs there (a Prefect 1 agent starts Jobs in one namespace)."
  type = object({
    enabled = optional(bool, true)
    labels  = optional(list(string), [])
    env     = optional(map(string), {})
    resources = optional(object({
      requests = optional(map(string), { cpu = "100m", memory = "256Mi" })
      limits   = optional(map(string), { memory = "512Mi" })
    }), {})
    job_resources = optional(object({
      requests = optional(map(string), {})
      limits   = optional(map(string), {})
    }), {})
    job_image_pull_policy  = optional(string, "IfNotPresent")
    job_image_pull_secrets = optional(list(string), [])
    namespaces             = optional(set(string), [])
    create_namespaces      = optional(bool, true)
  })
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for label in var.agent.labels : can(regex("^[^\\s,]+$", label))])
    error_message = "agent.labels are compared literally with the labels of flows: they must not be empty or contain spaces or commas; given: ${jsonencode(var.agent.labels)}."
  }
  validation {
    condition     = alltrue([for name in keys(var.agent.env) : can(regex("^[A-Za-z_][A-Za-z0-9_]*$", name))])
    error_message = "The names in agent.env must be names of environment variables; given: ${join(", ", keys(var.agent.env))}."
  }
  validation {
    condition     = length(setintersection(keys(var.agent.env), ["PREFECT__CLOUD__API", "PREFECT__BACKEND", "PREFECT__CLOUD__AGENT__LABELS", "NAMESPACE"])) == 0
    error_message = "agent.env sets a variable that this module sets (PREFECT__CLOUD__API, PREFECT__BACKEND, PREFECT__CLOUD__AGENT__LABELS or NAMESPACE). Use agent.labels and agent.namespaces; the rest follows from the release."
  }
  validation {
    condition     = alltrue([for namespace in var.agent.namespaces : can(regex("^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$", namespace))])
    error_message = "agent.namespaces must be Kubernetes names: up to 63 lower-case letters, digits and hyphens."
  }
  validation {
    condition     = contains(["IfNotPresent", "Always", "Never"], var.agent.job_image_pull_policy)
    error_message = "agent.job_image_pull_policy is \"${var.agent.job_image_pull_policy}\". Use \"IfNotPresent\", \"Always\" or \"Never\"."
  }
  validation {
    condition = alltrue(flatten([for kind in [var.agent.resources, var.agent.job_resources] : [
      for amounts in [kind.requests, kind.limits] : [for amount in values(amounts) : can(regex("^[0-9]+(\\.[0-9]+)?(m|k|Ki|M|Mi|G|Gi|T|Ti)?$", amount))]
    ]]))
    error_message = "agent.resources and agent.job_resources must be Kubernetes quantities such as \"500m\" (processors) or \"512Mi\" (memory)."
  }
  validation {
    condition     = length(setsubtract(flatten([for amounts in [var.agent.job_resources.requests, var.agent.job_resources.limits] : keys(amounts)]), ["cpu", "memory"])) == 0
    error_message = "agent.job_resources knows cpu and memory only, because a Prefect 1 agent does. Set other resources in the flow's own job template."
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
    condition     = var.exposure.mode != "internal_lb" || var.exposure.allowed_cidrs == null || length(coalesce(var.exposure.allowed_cidrs, [])) > 0
    error_message = "exposure.allowed_cidrs is empty, so that nobody may connect to the load balancers. Name ranges, or leave it out for all private addresses; mode \"none\" makes no load balancers."
  }
  validation {
    condition     = alltrue([for ip in compact([var.exposure.api_ip, var.exposure.ui_ip]) : can(cidrhost("${ip}/32", 0))])
    error_message = "exposure.api_ip and exposure.ui_ip must be IPv4 addresses of the nodes' network."
  }
  validation {
    condition     = !contains(["ingress", "gateway"], var.exposure.mode) || try(length(var.exposure.api_host) > 0 && length(var.exposure.ui_host) > 0 && var.exposure.api_host != var.exposure.ui_host, false)
    error_message = "exposure.mode \"${var.exposure.mode}\" needs two different names, exposure.api_host and exposure.ui_host, for example \"prefect-api.example.com\" and \"prefect.example.com\": the browser talks to both."
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
    error_message = "Prefect Server has no login: whoever reaches it can read, change and run everything. If the address is protected otherwise, set exposure.public_acknowledgement = \"anyone who reaches this address controls Prefect\"; otherwise leave exposure.public = false."
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
  description = "Whether only the release's own pods, runs of flows, clients and whatever exposure names may connect to the Server. Needs a cluster that enforces network policies, as the module aks makes."
  type        = bool
  default     = true
  nullable    = false
}

# The pods

variable "components" {
  description = "Environment variables and resources of the Server's parts: hasura, graphql, apollo, towel or ui. Requests that are not named keep this module's defaults; there are no limits."
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
}

variable "node_selector" {
  description = "Labels of the nodes that the Server's pods may run on. The agents have their own."
  type        = map(string)
  default     = {}
  nullable    = false
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
}

# Rest

variable "telemetry_enabled" {
  description = "Whether the Server reports its use to Prefect."
  type        = bool
  default     = false
  nullable    = false
}

variable "tenant_job" {
  description = "Lets the chart create a tenant in a Job. Prefer the resource prefect_tenant: the Job cannot be changed, so that upgrades which touch it fail."
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
