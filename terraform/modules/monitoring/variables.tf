variable "name" {
  description = "Begin of the names of everything made here."
  type        = string
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,22}$", var.name))
    error_message = "name: 2 to 23 small letters, digits and hyphens, a letter first."
  }
}

variable "region" {
  description = "Region of the metrics."
  type        = string
  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region: the code of an AWS region, such as eu-central-1."
  }
}

variable "cluster_name" {
  description = "Cluster of launcher and tasks."
  type        = string
  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,255}$", var.cluster_name))
    error_message = "cluster_name: the name of an ECS cluster."
  }
}

variable "service_name" {
  description = "ECS service of the launcher."
  type        = string
  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,255}$", var.service_name))
    error_message = "service_name: the name of an ECS service."
  }
}

variable "balancer_arn_suffix" {
  description = "The load balancer, as its metrics name it."
  type        = string
  validation {
    condition     = startswith(var.balancer_arn_suffix, "app/")
    error_message = "balancer_arn_suffix: the arn_suffix of an application load balancer."
  }
}

variable "target_group_arn_suffix" {
  description = "The target group, as its metrics name it."
  type        = string
  validation {
    condition     = startswith(var.target_group_arn_suffix, "targetgroup/")
    error_message = "target_group_arn_suffix: the arn_suffix of a target group."
  }
}

variable "events_queue_name" {
  description = "Queue of task events; null without."
  type        = string
  default     = null
  validation {
    condition     = var.events_queue_name == null || can(regex("^[A-Za-z0-9_-]{1,80}$", var.events_queue_name))
    error_message = "events_queue_name: the name of a queue, or null."
  }
}

variable "events_dead_letter_queue_name" {
  description = "Its dead-letter queue."
  type        = string
  default     = null
  validation {
    condition     = (var.events_dead_letter_queue_name == null) == (var.events_queue_name == null)
    error_message = "events_dead_letter_queue_name: together with events_queue_name."
  }
}

variable "databases" {
  description = "Databases by what they are for: names of RDS instances."
  type        = map(string)
  default     = {}
  validation {
    condition     = alltrue([for id in values(var.databases) : can(regex("^[a-z][a-z0-9-]{0,62}$", id))])
    error_message = "databases: names of RDS instances."
  }
}

variable "alarm_emails" {
  description = "Who gets alarms by mail; each address must be confirmed."
  type        = list(string)
  default     = []
  validation {
    condition     = alltrue([for address in var.alarm_emails : can(regex("^[^@ ]+@[^@ ]+$", address))])
    error_message = "alarm_emails: mail addresses."
  }
}

variable "alarm_topic_arns" {
  description = "SNS topics that get them too."
  type        = list(string)
  default     = []
  validation {
    condition     = alltrue([for arn in var.alarm_topic_arns : can(regex("^arn:[a-z-]+:sns:", arn))])
    error_message = "alarm_topic_arns: ARNs of SNS topics."
  }
}

variable "kms_key_arn" {
  description = "Key that encrypts the topic; its policy must let cloudwatch.amazonaws.com use it. Null: not encrypted, for alarms hold names and numbers only."
  type        = string
  default     = null
  validation {
    condition     = var.kms_key_arn == null || can(regex("^arn:[a-z-]+:kms:", var.kms_key_arn))
    error_message = "kms_key_arn: the ARN of a KMS key, or null."
  }
}
