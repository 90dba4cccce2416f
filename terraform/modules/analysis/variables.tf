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

variable "cache_bucket" {
  description = "Bucket whose `cache/` all tasks share for fetched source data; null: every task fetches for itself."
  type        = string
  default     = null
  validation {
    condition     = var.cache_bucket == null || can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.cache_bucket))
    error_message = "cache_bucket: the name of a bucket, or null."
  }
}

variable "cache_bucket_arn" {
  description = "Its ARN."
  type        = string
  default     = null
  validation {
    condition     = (var.cache_bucket_arn == null) == (var.cache_bucket == null)
    error_message = "cache_bucket_arn: together with cache_bucket."
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
  description = "Environment from Secrets Manager: name and ARN of the secret."
  type        = map(string)
  default     = {}
  validation {
    condition     = alltrue([for name, arn in var.secrets : can(regex("^[A-Z_][A-Z0-9_]*$", name)) && can(regex("^arn:[a-z-]+:secretsmanager:", arn))])
    error_message = "secrets: names of capitals, digits and underscores, and ARNs of secrets."
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

variable "source_urls" {
  description = "Mirrors of the sources: `geofabrik`, `overpass`, `census`, `lodes`, `worldpop`, `speeds`, https only."
  type        = map(string)
  default     = {}
  validation {
    condition     = alltrue([for name, url in var.source_urls : contains(["geofabrik", "overpass", "census", "lodes", "worldpop", "speeds"], name) && startswith(url, "https://")])
    error_message = "source_urls: https addresses by the names geofabrik, overpass, census, lodes, worldpop, speeds."
  }
}

variable "egress_cidrs" {
  description = "Where HTTPS may go. Sources stand at addresses that change, so by default anywhere."
  type        = list(string)
  default     = ["0.0.0.0/0"]
  validation {
    condition     = alltrue([for cidr in var.egress_cidrs : can(cidrhost(cidr, 0))])
    error_message = "egress_cidrs: address ranges."
  }
}

variable "egress_prefix_list_ids" {
  description = "The same by prefix list, such as that of S3."
  type        = list(string)
  default     = []
  validation {
    condition     = alltrue([for id in var.egress_prefix_list_ids : startswith(id, "pl-")])
    error_message = "egress_prefix_list_ids: ids of prefix lists."
  }
}

variable "cpu" {
  description = "Processor units of a task (1024 are one vCPU); the launcher may ask for others with each start."
  type        = number
  default     = 4096
  validation {
    condition     = contains([256, 512, 1024, 2048, 4096, 8192, 16384], var.cpu)
    error_message = "cpu: 256, 512, 1024, 2048, 4096, 8192 or 16384."
  }
}

variable "memory" {
  description = "Memory of a task, MiB; the launcher may ask for other sizes with each start."
  type        = number
  default     = 8192
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
