variable "name" {
  description = "Name of the server, and begin of the names of everything made here."
  type        = string
  validation {
    condition     = can(regex("^[a-z](-?[a-z0-9]){1,39}$", var.name))
    error_message = "name: 2 to 40 small letters, digits and single hyphens, a letter first."
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
  description = "Private subnets in two zones or more."
  type        = list(string)
  validation {
    condition     = length(var.subnet_ids) >= 2
    error_message = "subnet_ids: two subnets at least."
  }
}

variable "client_security_groups" {
  description = "Who may connect: names for people, and security groups."
  type        = map(string)
  validation {
    condition     = length(var.client_security_groups) > 0
    error_message = "client_security_groups: one at least; nobody could connect."
  }
}

variable "engine_version" {
  description = "Major version of PostgreSQL; minor ones come by themselves."
  type        = string
  default     = "17"
  validation {
    condition     = contains(["15", "16", "17", "18"], var.engine_version)
    error_message = "engine_version: 15, 16, 17 or 18."
  }
}

variable "instance_class" {
  description = "Size of the server."
  type        = string
  default     = "db.t4g.micro"
  validation {
    condition     = can(regex("^db[.][a-z0-9]+[.][a-z0-9]+$", var.instance_class))
    error_message = "instance_class: such as db.t4g.micro."
  }
}

variable "storage_gib" {
  description = "Storage at first, GiB."
  type        = number
  default     = 20
  validation {
    condition     = var.storage_gib >= 20 && var.storage_gib <= 65536
    error_message = "storage_gib: 20 to 65536."
  }
}

variable "storage_max_gib" {
  description = "Storage that it may grow to by itself, GiB."
  type        = number
  default     = 100
  validation {
    condition     = var.storage_max_gib > var.storage_gib && var.storage_max_gib <= 65536
    error_message = "storage_max_gib: more than storage_gib, at most 65536."
  }
}

variable "multi_az" {
  description = "Whether a second server in another zone stands by."
  type        = bool
  default     = false
  nullable    = false
}

variable "database" {
  description = "Name of the database."
  type        = string
  default     = "quietway"
  validation {
    condition     = can(regex("^[a-z][a-z0-9_]{0,62}$", var.database))
    error_message = "database: small letters, digits and underscores, a letter first."
  }
}

variable "username" {
  description = "Login of its owner."
  type        = string
  default     = "quietway"
  validation {
    condition     = can(regex("^[a-z][a-z0-9_]{0,15}$", var.username)) && !contains(["admin", "postgres", "rdsadmin", "user"], var.username)
    error_message = "username: up to 16 small letters, digits and underscores; not admin, postgres, rdsadmin or user."
  }
}

variable "password_version" {
  description = "Raise it to change the password at the next apply; then restart the launcher."
  type        = number
  default     = 1
  validation {
    condition     = var.password_version >= 1 && floor(var.password_version) == var.password_version
    error_message = "password_version: a whole number from 1."
  }
}

variable "certificate_authority" {
  description = "Certificates of the region's RDS authority (PEM, RDS documentation, `<region>-bundle.pem`). With them clients verify the server (`verify-full`), without they only encrypt (`require`)."
  type        = string
  default     = null
  validation {
    condition     = var.certificate_authority == null || can(regex("^\\s*-----BEGIN CERTIFICATE-----", var.certificate_authority))
    error_message = "certificate_authority: PEM text that begins with -----BEGIN CERTIFICATE-----, or null."
  }
}

variable "backup_days" {
  description = "Days that backups are kept, with any moment between."
  type        = number
  default     = 7
  validation {
    condition     = var.backup_days >= 1 && var.backup_days <= 35
    error_message = "backup_days: 1 to 35."
  }
}

variable "deletion_protection" {
  description = "Whether the server is guarded against deletion, and a last snapshot is taken when the guard is lifted by hand."
  type        = bool
  default     = true
  nullable    = false
}

variable "performance_insights" {
  description = "Whether RDS records which statements take how long (seven days are free; not on t4g.micro and t4g.small)."
  type        = bool
  default     = false
  nullable    = false
}

variable "kms_key_arn" {
  description = "Key that encrypts storage and secrets; null takes AWS's keys of this account."
  type        = string
  default     = null
  validation {
    condition     = var.kms_key_arn == null || can(regex("^arn:[a-z-]+:kms:", var.kms_key_arn))
    error_message = "kms_key_arn: the ARN of a KMS key, or null."
  }
}
