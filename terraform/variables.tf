variable "name" {
  description = "Begin of the names of everything made here."
  type        = string
  default     = "quietway"
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,22}$", var.name))
    error_message = "name: 2 to 23 small letters, digits and hyphens, a letter first."
  }
}

variable "domain_name" {
  description = "Host name of the launcher, such as `quietway.example.org`."
  type        = string
  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9.-]*[.][a-z]{2,}$", var.domain_name))
    error_message = "domain_name: a host name such as quietway.example.org."
  }
}

variable "zone_id" {
  description = "Route 53 zone of that name, for its record and certificate; null: both are made elsewhere."
  type        = string
  default     = null
  validation {
    condition     = var.zone_id == null || can(regex("^Z[A-Z0-9]+$", var.zone_id))
    error_message = "zone_id: the id of a Route 53 zone, or null."
  }
}

variable "certificate_arn" {
  description = "Certificate of that name in this region; null: one is made with `zone_id`."
  type        = string
  default     = null
  validation {
    condition     = (var.certificate_arn == null) != (var.zone_id == null) && (var.certificate_arn == null || can(regex("^arn:[a-z-]+:acm:", coalesce(var.certificate_arn, ""))))
    error_message = "certificate_arn: the ARN of a certificate of ACM, or zone_id so that one is made; one of the two."
  }
}

variable "mirror_only" {
  description = "Whether tasks have no way to the internet: no NAT, endpoints for AWS, sources from `mirror/` in the cache bucket."
  type        = bool
  default     = false
  nullable    = false
}

variable "network" {
  description = "The network; see the module `network`. With `mirror_only` there is no NAT and there are endpoints, whatever stands here."
  type = object({
    cidr          = optional(string, "10.40.0.0/16")
    zones         = optional(list(string))
    nat           = optional(string, "single")
    endpoints     = optional(bool, false)
    flow_log_days = optional(number, 30)
    existing = optional(object({
      vpc_id                  = string
      private_subnet_ids      = list(string)
      public_subnet_ids       = list(string)
      private_route_table_ids = optional(list(string), [])
    }))
  })
  default = {}
  validation {
    condition     = contains(["single", "per_zone", "none"], var.network.nat) && can(cidrhost(var.network.cidr, 0))
    error_message = "network: cidr an address range, nat one of single, per_zone, none."
  }
}

variable "ingress_cidrs" {
  description = "Who may reach the launcher."
  type        = list(string)
  default     = ["0.0.0.0/0"]
  validation {
    condition     = length(var.ingress_cidrs) > 0 && alltrue([for cidr in var.ingress_cidrs : can(cidrhost(cidr, 0))])
    error_message = "ingress_cidrs: one address range at least."
  }
}

variable "web_acl_arn" {
  description = "Regional web ACL (WAF) before the launcher."
  type        = string
  default     = null
  validation {
    condition     = var.web_acl_arn == null || can(regex("^arn:[a-z-]+:wafv2:", var.web_acl_arn))
    error_message = "web_acl_arn: the ARN of a regional web ACL, or null."
  }
}

variable "images" {
  description = "Tag of both images in the repositories made here, or whole references instead."
  type = object({
    tag        = optional(string, "latest")
    launcher   = optional(string)
    analysis   = optional(string)
    mutability = optional(string, "IMMUTABLE")
  })
  default = {}
  validation {
    condition     = can(regex("^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$", var.images.tag)) && contains(["IMMUTABLE", "MUTABLE"], var.images.mutability)
    error_message = "images: tag of letters, digits, dots, hyphens; mutability IMMUTABLE or MUTABLE."
  }
}

variable "launcher" {
  description = "Number and size of the launchers, and further flags of `quietway-launcher serve` by their environment names without `QUIETWAY_LAUNCHER_`."
  type = object({
    replicas    = optional(number, 2)
    cpu         = optional(number, 512)
    memory      = optional(number, 1024)
    autoscaling = optional(object({ max = number, cpu_percent = optional(number, 60) }))
    settings    = optional(map(string), {})
  })
  default = {}
  validation {
    condition     = var.launcher.replicas >= 2 && var.launcher.replicas <= 20
    error_message = "launcher: 2 to 20 replicas."
  }
}

variable "task" {
  description = "An analysis: processor units (1024 are one vCPU), memory in MiB, disk in GiB, Spot first or on-demand only, further arguments of `quietway run`."
  type = object({
    cpu         = optional(number, 4096)
    memory      = optional(number, 8192)
    storage_gib = optional(number, 50)
    spot        = optional(bool, true)
    args        = optional(list(string), [])
  })
  default = {}
  validation {
    condition     = var.task.storage_gib >= 21 && var.task.storage_gib <= 200 && contains([256, 512, 1024, 2048, 4096, 8192, 16384], var.task.cpu)
    error_message = "task: storage_gib from 21 to 200, cpu a size of Fargate."
  }
}

variable "source_urls" {
  description = "Mirrors of the sources by name (`geofabrik`, `overpass`, `census`, `lodes`, `worldpop`, `speeds`); with `mirror_only` the others are in the cache bucket."
  type        = map(string)
  default     = {}
  validation {
    condition     = alltrue([for name, url in var.source_urls : contains(["geofabrik", "overpass", "census", "lodes", "worldpop", "speeds"], name) && startswith(url, "https://")])
    error_message = "source_urls: https addresses by the names geofabrik, overpass, census, lodes, worldpop, speeds."
  }
}

variable "database" {
  description = "Database of the launcher."
  type = object({
    instance_class       = optional(string, "db.t4g.micro")
    engine_version       = optional(string, "17")
    storage_gib          = optional(number, 20)
    storage_max_gib      = optional(number, 100)
    multi_az             = optional(bool, false)
    backup_days          = optional(number, 7)
    performance_insights = optional(bool, false)
  })
  default = {}
  validation {
    condition     = can(regex("^db[.]", var.database.instance_class)) && var.database.backup_days >= 1
    error_message = "database: instance_class such as db.t4g.micro, backup_days from 1."
  }
}

variable "results_database" {
  description = "Database with PostGIS that results go into too, one schema a run; null for none."
  type = object({
    instance_class       = optional(string, "db.t4g.medium")
    engine_version       = optional(string, "17")
    storage_gib          = optional(number, 100)
    storage_max_gib      = optional(number, 1000)
    multi_az             = optional(bool, false)
    backup_days          = optional(number, 7)
    performance_insights = optional(bool, true)
  })
  default = null
  validation {
    condition     = var.results_database == null || can(regex("^db[.]", var.results_database.instance_class))
    error_message = "results_database: instance_class such as db.t4g.medium; or null."
  }
}

variable "database_certificate_authority" {
  description = "Certificates of the region's RDS authority (PEM), so that the databases are verified; null: connections are only encrypted."
  type        = string
  default     = null
  validation {
    condition     = var.database_certificate_authority == null || can(regex("^\\s*-----BEGIN CERTIFICATE-----", var.database_certificate_authority))
    error_message = "database_certificate_authority: PEM text that begins with -----BEGIN CERTIFICATE-----, or null."
  }
}

variable "map_origins" {
  description = "Sites whose pages may read results by script."
  type        = list(string)
  default     = []
  validation {
    condition     = alltrue([for origin in var.map_origins : can(regex("^(https?://[^/]+|[*])$", origin))])
    error_message = "map_origins: origins without a path, such as https://maps.example.org, or *."
  }
}

variable "cloudfront" {
  description = "CloudFront before the results, for people who have no key but an address; null for none."
  type = object({
    domain          = optional(string)
    certificate_arn = optional(string)
    price_class     = optional(string, "PriceClass_100")
    key_group_ids   = optional(list(string), [])
    web_acl_arn     = optional(string)
  })
  default = null
  validation {
    condition     = var.cloudfront == null || (try(var.cloudfront.domain, null) == null) == (try(var.cloudfront.certificate_arn, null) == null)
    error_message = "cloudfront: domain and certificate_arn both or neither; or null."
  }
}

variable "prices" {
  description = "Prices of Fargate on demand in the region (those of us-east-1 by default), for the cost that every run shows."
  type        = object({ vcpu_hour = number, gb_hour = number })
  default     = { vcpu_hour = 0.04048, gb_hour = 0.004445 }
  validation {
    condition     = var.prices.vcpu_hour >= 0 && var.prices.gb_hour >= 0
    error_message = "prices: not negative."
  }
}

variable "alarm_emails" {
  description = "Who gets alarms by mail."
  type        = list(string)
  default     = []
  validation {
    condition     = alltrue([for address in var.alarm_emails : can(regex("^[^@ ]+@[^@ ]+$", address))])
    error_message = "alarm_emails: mail addresses."
  }
}

variable "alarm_topic_arns" {
  description = "SNS topics that get alarms."
  type        = list(string)
  default     = []
  validation {
    condition     = alltrue([for arn in var.alarm_topic_arns : can(regex("^arn:[a-z-]+:sns:", arn))])
    error_message = "alarm_topic_arns: ARNs of SNS topics."
  }
}

variable "container_insights" {
  description = "Metrics of single tasks and containers: `disabled`, `enabled` or `enhanced`."
  type        = string
  default     = "enabled"
  validation {
    condition     = contains(["disabled", "enabled", "enhanced"], var.container_insights)
    error_message = "container_insights: disabled, enabled or enhanced."
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

variable "access_log_bucket" {
  description = "Bucket that takes access logs of load balancer and buckets; its policy must let them in."
  type        = string
  default     = null
  validation {
    condition     = var.access_log_bucket == null || can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.access_log_bucket))
    error_message = "access_log_bucket: the name of a bucket, or null."
  }
}

variable "kms_key_arn" {
  description = "Key of yours that encrypts images, logs, secrets, queues, databases and results; its policy must let logs, events and sqs of this region use it. Null takes AWS's own keys."
  type        = string
  default     = null
  validation {
    condition     = var.kms_key_arn == null || can(regex("^arn:[a-z-]+:kms:", var.kms_key_arn))
    error_message = "kms_key_arn: the ARN of a KMS key, or null."
  }
}

variable "deletion_protection" {
  description = "Whether databases, load balancer and results are guarded against `terraform destroy`."
  type        = bool
  default     = true
  nullable    = false
}
