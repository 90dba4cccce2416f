variable "name" {
  description = "Begin of the names of everything made here."
  type        = string
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,22}$", var.name))
    error_message = "name: 2 to 23 small letters, digits and hyphens, a letter first."
  }
}

variable "region" {
  description = "Region of everything made here."
  type        = string
  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region: the code of an AWS region, such as eu-central-1."
  }
}

variable "account_id" {
  description = "Account of everything made here."
  type        = string
  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "account_id: twelve digits."
  }
}

variable "vpc_id" {
  description = "Network."
  type        = string
  validation {
    condition     = startswith(var.vpc_id, "vpc-")
    error_message = "vpc_id: the id of a VPC."
  }
}

variable "subnet_ids" {
  description = "Private subnets of the launcher and of the tasks that it starts, in two zones or more."
  type        = list(string)
  validation {
    condition     = length(var.subnet_ids) >= 2
    error_message = "subnet_ids: two at least, so that one zone without room does not stop all."
  }
}

variable "public_subnet_ids" {
  description = "Subnets of the load balancer, in two zones or more; private ones for an internal one."
  type        = list(string)
  validation {
    condition     = length(var.public_subnet_ids) >= 2
    error_message = "public_subnet_ids: two at least."
  }
}

variable "internal" {
  description = "Whether the load balancer has private addresses only."
  type        = bool
  default     = false
  nullable    = false
}

variable "ingress_cidrs" {
  description = "Who may reach the load balancer."
  type        = list(string)
  default     = ["0.0.0.0/0"]
  validation {
    condition     = length(var.ingress_cidrs) > 0 && alltrue([for cidr in var.ingress_cidrs : can(cidrhost(cidr, 0))])
    error_message = "ingress_cidrs: one address range at least."
  }
}

variable "certificate_arn" {
  description = "Certificate of the load balancer."
  type        = string
  validation {
    condition     = can(regex("^arn:[a-z-]+:acm:", var.certificate_arn))
    error_message = "certificate_arn: the ARN of a certificate of ACM."
  }
}

variable "tls_policy" {
  description = "Versions and ciphers of TLS."
  type        = string
  default     = "ELBSecurityPolicy-TLS13-1-2-2021-06"
  validation {
    condition     = startswith(var.tls_policy, "ELBSecurityPolicy-")
    error_message = "tls_policy: the name of a policy of ELB."
  }
}

variable "web_acl_arn" {
  description = "Regional web ACL (WAF) before the launcher; null for none. The launcher has limits of its own by key and organisation."
  type        = string
  default     = null
  validation {
    condition     = var.web_acl_arn == null || can(regex("^arn:[a-z-]+:wafv2:", var.web_acl_arn))
    error_message = "web_acl_arn: the ARN of a regional web ACL, or null."
  }
}

variable "access_log_bucket" {
  description = "Bucket that takes the load balancer's access log; null keeps none."
  type        = string
  default     = null
  validation {
    condition     = var.access_log_bucket == null || can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.access_log_bucket))
    error_message = "access_log_bucket: the name of a bucket, or null."
  }
}

variable "deletion_protection" {
  description = "Whether the load balancer is guarded against deletion."
  type        = bool
  default     = true
  nullable    = false
}

variable "cluster_name" {
  description = "Cluster of launcher and tasks."
  type        = string
  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,255}$", var.cluster_name))
    error_message = "cluster_name: the name of an ECS cluster."
  }
}

variable "cluster_arn" {
  description = "The same, for policies."
  type        = string
  validation {
    condition     = can(regex("^arn:[a-z-]+:ecs:[a-z0-9-]+:[0-9]{12}:cluster/", var.cluster_arn))
    error_message = "cluster_arn: the ARN of an ECS cluster."
  }
}

variable "image_tag" {
  description = "Tag of the image in the repository made here. A new tag is a new task definition; runs under way keep theirs."
  type        = string
  default     = "latest"
  validation {
    condition     = can(regex("^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$", var.image_tag))
    error_message = "image_tag: letters, digits, dots, hyphens and underscores."
  }
}

variable "image" {
  description = "A whole image reference instead, such as one by digest or of another registry; null: the repository made here."
  type        = string
  default     = null
  validation {
    condition     = var.image == null || can(regex("^[^ ]+[:@][^ ]+$", var.image))
    error_message = "image: a reference with a tag or digest, or null."
  }
}

variable "image_tag_mutability" {
  description = "Whether a tag may be pushed again: `IMMUTABLE` or `MUTABLE`."
  type        = string
  default     = "IMMUTABLE"
  validation {
    condition     = contains(["IMMUTABLE", "MUTABLE"], var.image_tag_mutability)
    error_message = "image_tag_mutability: IMMUTABLE or MUTABLE."
  }
}

variable "images_kept" {
  description = "Images that are kept in the repository."
  type        = number
  default     = 20
  validation {
    condition     = var.images_kept >= 2 && var.images_kept <= 1000
    error_message = "images_kept: 2 to 1000."
  }
}

variable "log_days" {
  description = "Days that logs are kept."
  type        = number
  default     = 90
  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_days)
    error_message = "log_days: a number that CloudWatch Logs offers, such as 30, 90 or 365."
  }
}

variable "kms_key_arn" {
  description = "Key that encrypts images, logs, secrets and results; null takes AWS's own keys."
  type        = string
  default     = null
  validation {
    condition     = var.kms_key_arn == null || can(regex("^arn:[a-z-]+:kms:", var.kms_key_arn))
    error_message = "kms_key_arn: the ARN of a KMS key, or null."
  }
}

variable "results_bucket" {
  description = "Bucket of boundaries, suites and results."
  type        = string
  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.results_bucket))
    error_message = "results_bucket: the name of a bucket."
  }
}

variable "results_bucket_arn" {
  description = "Bucket of boundaries, suites and results."
  type        = string
  validation {
    condition     = can(regex("^arn:[a-z-]+:s3:::", var.results_bucket_arn))
    error_message = "results_bucket_arn: the ARN of a bucket."
  }
}

variable "results_prefix" {
  description = "Prefix in it, without slashes at the ends; empty for the whole bucket."
  type        = string
  default     = ""
  validation {
    condition     = can(regex("^([A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*)?$", var.results_prefix))
    error_message = "results_prefix: letters, digits, dots, hyphens, underscores, slashes only between."
  }
}

variable "analysis" {
  description = "What tasks run as: the output `task` of the module `analysis`."
  type = object({
    family             = string
    container          = string
    task_role_arn      = string
    execution_role_arn = string
    security_group_id  = string
    log_group_name     = string
    log_group_arn      = string
    log_prefix         = string
  })
  validation {
    condition     = startswith(var.analysis.security_group_id, "sg-") && can(regex("^arn:[a-z-]+:iam::", var.analysis.task_role_arn))
    error_message = "analysis: the output of the module analysis."
  }
}

variable "task" {
  description = "What the launcher asks for with each start: processor units and memory (null: as the task definition says), disk (21 to 200 GiB), Spot first or on-demand only, further arguments of `quietway run`, and a public address."
  type = object({
    cpu         = optional(number)
    memory      = optional(number)
    storage_gib = optional(number, 50)
    spot        = optional(bool, true)
    args        = optional(list(string), [])
    public_ip   = optional(bool, false)
  })
  default = {}
  validation {
    condition     = try(var.task.storage_gib >= 21 && var.task.storage_gib <= 200, false) && (var.task.cpu == null || contains([256, 512, 1024, 2048, 4096, 8192, 16384], coalesce(var.task.cpu, 256))) && (var.task.cpu == null) == (var.task.memory == null)
    error_message = "task: storage_gib from 21 to 200; cpu a size of Fargate; cpu and memory both or neither."
  }
}

variable "prices" {
  description = "Prices of Fargate in the region, for the cost that every run shows; 0 shows none."
  type        = object({ vcpu_hour = number, gb_hour = number })
  default     = { vcpu_hour = 0, gb_hour = 0 }
  validation {
    condition     = var.prices.vcpu_hour >= 0 && var.prices.gb_hour >= 0
    error_message = "prices: not negative."
  }
}

variable "events_queue" {
  description = "Queue of task events: outputs of the module `events`; null: the launcher only asks ECS."
  type        = object({ url = string, arn = string })
  default     = null
  validation {
    condition     = var.events_queue == null || can(regex("^arn:[a-z-]+:sqs:", var.events_queue.arn))
    error_message = "events_queue: address and ARN of an SQS queue, or null."
  }
}

variable "task_url" {
  description = "Address of the launcher as tasks see it; null makes a private name for it, so that progress stays inside the network."
  type        = string
  default     = null
  validation {
    condition     = var.task_url == null || can(regex("^https?://", var.task_url))
    error_message = "task_url: an http or https address, or null."
  }
}

variable "task_ingress_cidrs" {
  description = "Who else may reach the launcher's port directly, past the load balancer; nobody by default."
  type        = list(string)
  default     = []
  validation {
    condition     = alltrue([for cidr in var.task_ingress_cidrs : can(cidrhost(cidr, 0))])
    error_message = "task_ingress_cidrs: address ranges."
  }
}

variable "replicas" {
  description = "Launchers at once; with autoscaling the least."
  type        = number
  default     = 2
  validation {
    condition     = var.replicas >= 2 && var.replicas <= 20 && floor(var.replicas) == var.replicas
    error_message = "replicas: 2 to 20, so that one is there while another is replaced."
  }
}

variable "autoscaling" {
  description = "More launchers when their processors are busier than `cpu_percent`, up to `max`; null keeps their number."
  type        = object({ max = number, cpu_percent = optional(number, 60) })
  default     = null
  validation {
    condition     = var.autoscaling == null || try(var.autoscaling.max > var.replicas && var.autoscaling.cpu_percent >= 10 && var.autoscaling.cpu_percent <= 90, false)
    error_message = "autoscaling: max above replicas, cpu_percent from 10 to 90; or null."
  }
}

variable "cpu" {
  description = "Processor units of a launcher (1024 are one vCPU)."
  type        = number
  default     = 512
  validation {
    condition     = contains([256, 512, 1024, 2048, 4096], var.cpu)
    error_message = "cpu: 256, 512, 1024, 2048 or 4096."
  }
}

variable "memory" {
  description = "Memory of a launcher, MiB."
  type        = number
  default     = 1024
  validation {
    condition     = var.memory >= 512 && (var.memory % 1024 == 0 || var.memory == 512) && var.memory >= 2 * var.cpu && var.memory <= 8 * var.cpu
    error_message = "memory: whole GiB (or 512), from twice to eight times as many MiB as cpu units: what Fargate combines."
  }
}

variable "stop_seconds" {
  description = "Seconds from SIGTERM to SIGKILL."
  type        = number
  default     = 30
  validation {
    condition     = var.stop_seconds >= 2 && var.stop_seconds <= 120
    error_message = "stop_seconds: 2 to 120."
  }
}

variable "settings" {
  description = "Further flags of `quietway-launcher serve` by their environment names without `QUIETWAY_LAUNCHER_`, such as `KEEP and MAX_TASKS`."
  type        = map(string)
  default     = {}
  validation {
    condition     = alltrue([for name, _ in var.settings : can(regex("^[A-Z][A-Z0-9_]*$", name)) && !contains(["SECRET", "DATABASE", "RESULTS_DATABASE", "CONFIG"], name)])
    error_message = "settings: names of capitals and underscores; secrets and the configuration file come otherwise."
  }
}

variable "environment" {
  description = "More environment of the container; it wins over what stands here."
  type        = map(string)
  default     = {}
  validation {
    condition     = alltrue([for name, _ in var.environment : can(regex("^[A-Za-z_][A-Za-z0-9_]*$", name))])
    error_message = "environment: names of letters, digits and underscores."
  }
}

variable "secrets" {
  description = "Environment from Secrets Manager: name and ARN of the secret; `QUIETWAY_LAUNCHER_DATABASE` and `QUIETWAY_LAUNCHER_SECRET` at least."
  type        = map(string)
  validation {
    condition     = alltrue([for name in ["QUIETWAY_LAUNCHER_DATABASE", "QUIETWAY_LAUNCHER_SECRET"] : contains(keys(var.secrets), name)]) && alltrue([for arn in values(var.secrets) : can(regex("^arn:[a-z-]+:secretsmanager:", arn))])
    error_message = "secrets: QUIETWAY_LAUNCHER_DATABASE and QUIETWAY_LAUNCHER_SECRET at least (replicas share both), each the ARN of a secret."
  }
}

variable "database_certificate_authority" {
  description = "Certificates (PEM) that the server of the database is verified with; null: as its address says."
  type        = string
  default     = null
  validation {
    condition     = var.database_certificate_authority == null || can(regex("^\\s*-----BEGIN CERTIFICATE-----", var.database_certificate_authority))
    error_message = "database_certificate_authority: PEM text that begins with -----BEGIN CERTIFICATE-----, or null."
  }
}
