variable "name" {
  description = "Begin of the names of everything made here."
  type        = string
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,22}$", var.name))
    error_message = "name: 2 to 23 small letters, digits and hyphens, a letter first."
  }
}

variable "program" {
  description = "Which program: `analysis` or `launcher`."
  type        = string
  validation {
    condition     = contains(["analysis", "launcher"], var.program)
    error_message = "program: analysis or launcher."
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

variable "secrets" {
  description = "Environment from Secrets Manager: name and ARN of the secret."
  type        = map(string)
  default     = {}
  validation {
    condition     = alltrue([for name, arn in var.secrets : can(regex("^[A-Z_][A-Z0-9_]*$", name)) && can(regex("^arn:[a-z-]+:secretsmanager:", arn))])
    error_message = "secrets: names of capitals, digits and underscores, and ARNs of secrets."
  }
}
