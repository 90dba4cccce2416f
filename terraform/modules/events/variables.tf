variable "name" {
  description = "Begin of the names of everything made here."
  type        = string
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,22}$", var.name))
    error_message = "name: 2 to 23 small letters, digits and hyphens, a letter first."
  }
}

variable "cluster_arn" {
  description = "Cluster whose tasks are watched."
  type        = string
  validation {
    condition     = can(regex("^arn:[a-z-]+:ecs:[a-z0-9-]+:[0-9]{12}:cluster/", var.cluster_arn))
    error_message = "cluster_arn: the ARN of an ECS cluster."
  }
}

variable "kms_key_arn" {
  description = "Key that encrypts the queues; its policy must let events.amazonaws.com use it. Null: SQS encrypts with keys of its own."
  type        = string
  default     = null
  validation {
    condition     = var.kms_key_arn == null || can(regex("^arn:[a-z-]+:kms:", var.kms_key_arn))
    error_message = "kms_key_arn: the ARN of a KMS key, or null."
  }
}
